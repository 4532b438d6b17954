import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import type { Dispatcher } from './dispatcher.js';
import { OutsidePlanning } from './outside-planning.js';
import { DraftRelease } from './draft-release.js';
import { SteeredJobs } from './steered-jobs.js';

describe('The release of drafts', () => {
  let assembler: Assembler;
  let woken: number;
  beforeEach(async () => {
    assembler = memoryAssembler();
    woken = 0;
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { state: 'drafted', planner: 2 }),
      orderOf('j/0/1', { state: 'drafted', planner: 2, share: 1 }),
      orderOf('j/0/2', { state: 'drafted', planner: 1 }),
    ]);
  });

  async function release(): Promise<string[]> {
    const dispatcher = { wake: () => (woken += 1) } as unknown as Dispatcher;
    const { jobs, orders, outside, places, steered } = assembler;
    const planning = new OutsidePlanning(jobs, orders, outside, places, new ManualClock());
    const heard = new SteeredJobs(jobs, steered, new ManualClock());
    await new DraftRelease(jobs, orders, heard, dispatcher, planning).release(taskOf('j/0', { planner: 2 }));
    return (await assembler.store.orders.find({}).sort({ _id: 1 }).toArray()).map(({ state }) => state);
  }

  it('makes work of the drafts of the planner that started the dataset, and leaves those of another', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    assert.deepEqual(await release(), ['planned', 'done', 'drafted']);
    assert.equal(woken, 1, 'there is work for the dispatcher');
  });

  it('makes none for a job that was cancelled while it was planned, and keeps what an earlier job has done', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { cancelRequested: true }));
    assert.deepEqual(await release(), ['cancelled', 'done', 'drafted']);
  });

  for (const [which, job] of [
    ['has failed', { state: 'running', fault: { code: 'c', message: 'm', fault: 'system' } }],
    ['is over', { state: 'finished', outcome: 'failed' }],
  ] as const)
    it(`makes none for a job that ${which} since its planner slept, not even of what an earlier job has done`, async () => {
      await assembler.store.jobs.insertOne(jobOf('j', job));
      assert.deepEqual(await release(), ['cancelled', 'cancelled', 'drafted']);
    });

  it('makes none for a job that was forgotten since its planner slept', async () => {
    assert.deepEqual(await release(), ['cancelled', 'cancelled', 'drafted']);
  });

  it('lets them hear what an operator said of the job while it was planned, before they become work', async () => {
    const until = new Date('2026-01-01T01:00:00Z');
    await assembler.store.jobs.insertOne(jobOf('j', { totals: { datasets: 1, bytes: 1 } }));
    const word = { by: 'olga', reason: 'beamtime', now: new Date('2026-01-01T00:00:00Z') };
    await assembler.jobs.prioritise('j', 0, word);
    await assembler.jobs.defer('j', until, word);
    await release();
    const { priority, deferredUntil, steered } = (await assembler.store.orders.findOne({ _id: 'j/0/0' }))!;
    assert.deepEqual([priority, deferredUntil, steered], [0, until, 2]);
  });
});
