import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { JobSettling } from '../settle-results/job-settling.js';
import { configOf } from '../testing/assembler-config.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { jobOf, messagesOf, orderOf } from '../testing/samples.js';
import { JobCancellation } from './job-cancellation.js';

describe('The cancellation of a job', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let settledSoon: string[];
  let cancellation: JobCancellation;
  beforeEach(() => {
    assembler = memoryAssembler(clock);
    settledSoon = [];
    const settling = { soon: (jobId: string) => Promise.resolve(settledSoon.push(jobId)) };
    cancellation = new JobCancellation(
      ...([assembler.jobs, assembler.orders, assembler.outside, assembler.early] as const),
      ...([settling as unknown as JobSettling, clock, configOf()] as const),
    );
  });

  it('takes back what was not released, and asks the archiver to stop the rest', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.orders.insertMany(
      (['drafted', 'planned', 'released', 'done'] as const).map((state, place) =>
        orderOf(`j/0/${place}`, { state }),
      ),
    );
    await assembler.store.orders.insertOne(orderOf('other/0/0'));
    assert.equal((await cancellation.request('j')).kind, 'done');
    const orders = await assembler.store.orders.find({}).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      orders.map(({ state }) => state),
      ['cancelled', 'cancelled', 'released', 'done', 'planned'],
    );
    assert.deepEqual(orders.map(messagesOf), [[], [], ['archival.cancel-work.v1'], [], []]);
    assert.deepEqual([await assembler.jobs.isCancelled('j'), settledSoon], [true, ['j']]);
  });

  it('that comes before its job is kept until the job comes, and says nothing of other jobs', async () => {
    for (let time = 0; time < 2; time += 1) assert.equal((await cancellation.request('late')).kind, 'done');
    assert.deepEqual(settledSoon, []);
    for (const jobId of ['late', 'other']) {
      await assembler.store.jobs.insertOne(jobOf(jobId));
      await cancellation.ofAccepted(jobId);
    }
    assert.deepEqual(
      [await assembler.jobs.isCancelled('late'), await assembler.jobs.isCancelled('other'), settledSoon],
      [true, false, ['late']],
    );
  });

  for (const moment of ['before the look', 'before it is kept', 'after it was kept'] as const)
    it(`finds a job that comes ${moment}, or is found by it`, async () => {
      const { jobs, early } = assembler;
      const comes = async () => {
        await assembler.store.jobs.insertOne(jobOf('j'));
        await cancellation.ofAccepted('j');
      };
      const [find, remember] = [jobs.find.bind(jobs), early.remember.bind(early)];
      jobs.find = async (jobId) => {
        if (moment === 'before the look') await comes();
        return find(jobId);
      };
      early.remember = async (...call) => {
        if (moment === 'before it is kept') await comes();
        await remember(...call);
        if (moment === 'after it was kept') await comes();
      };
      assert.equal((await cancellation.request('j')).kind, 'done');
      assert.equal(await jobs.isCancelled('j'), true);
      assert.equal(await early.isThere('j'), moment !== 'before the look');
    });

  it('changes nothing of a job that is over', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'finished' }));
    assert.equal((await cancellation.request('j')).kind, 'done');
    assert.deepEqual([await assembler.jobs.isCancelled('j'), settledSoon], [false, []]);
    assert.equal(await assembler.early.isThere('j'), false);
  });
});
