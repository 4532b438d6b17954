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
      ...([assembler.jobs, assembler.orders, assembler.outside] as const),
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

  it('waits for a job that it was a moment faster than, and is not lost between two looks', async () => {
    const [find, noted] = [assembler.jobs.find.bind(assembler.jobs), cancellation.request('late')];
    await assembler.store.jobs.insertOne(jobOf('late'));
    assert.equal((await noted).kind, 'done');
    assert.equal(await assembler.jobs.isCancelled('late'), true);
    assembler.jobs.find = async (jobId) => {
      await assembler.store.jobs.insertOne(jobOf(jobId));
      return find(jobId);
    };
    assert.equal((await cancellation.request('between')).kind, 'done');
    assert.equal(await assembler.jobs.isCancelled('between'), true);
  });

  it('comes back when it has overtaken its job', async () => {
    const outcome = await cancellation.request('j');
    assert.deepEqual([outcome.kind, 'code' in outcome && outcome.code], ['retry', 'assembly.job-unknown']);
  });

  it('changes nothing of a job that is over', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'finished' }));
    assert.equal((await cancellation.request('j')).kind, 'done');
    assert.deepEqual([await assembler.jobs.isCancelled('j'), settledSoon], [false, []]);
  });
});
