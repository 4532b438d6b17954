import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { legacyRow } from '#outbox';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import type { ClaimChecks } from '#claim-check';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import { FinishedJobsSweep } from './finished-jobs-sweep.js';

describe('The sweep of finished jobs', () => {
  const lifetime = 1000;
  const day = 86_400_000;
  let clock: ManualClock;
  let assembler: Assembler;
  let removed: string[];
  let sweep: FinishedJobsSweep;
  beforeEach(() => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    removed = [];
    const lists = {
      remove: (keys: string[]) => Promise.resolve(removed.push(...keys)),
      removeBelow: (prefix: string) => Promise.resolve(removed.push(prefix)),
    };
    const { jobs, tasks, orders, early, leases } = assembler;
    sweep = new FinishedJobsSweep(
      ...([jobs, tasks, orders, early, leases, lists as unknown as ClaimChecks, clock] as const),
      ...([
        configOf({ finishedJobLifetime: lifetime }),
        createLogger('finished-jobs.spec', 'silent'),
      ] as const),
    );
  });
  async function job(
    changes: { job?: Partial<AssemblyJob>; task?: Partial<DatasetTask>; order?: Partial<WorkOrder> } = {},
  ): Promise<void> {
    const updatedAt = clock.now();
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'finished', updatedAt, ...changes.job }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'succeeded', ...changes.task }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'done', ...changes.order }));
    clock.advance(lifetime + 1);
  }
  const left = async (): Promise<number[]> => [
    await assembler.store.jobs.countDocuments({}),
    await assembler.store.tasks.countDocuments({}),
    await assembler.store.orders.countDocuments({}),
  ];
  const outbox = { rows: [legacyRow({ exchange: 'x', key: 'k', body: '{}' }, new Date(0))] };

  it('forgets a job whose time is over, with its lists', async () => {
    await job();
    assert.equal(await sweep.sweep(), 1);
    assert.deepEqual(
      [await left(), removed],
      [
        [0, 0, 0],
        ['results/j.ndjson', 'plans/j/', 'results/j/'],
      ],
    );
  });

  it('forgets cancellations of jobs that have not come in that time', async () => {
    await assembler.early.remember('old', clock.now());
    clock.advance(lifetime + 1);
    await assembler.early.remember('new', clock.now());
    await sweep.sweep();
    assert.deepEqual(await assembler.store.earlyCancels.distinct('_id'), ['new']);
  });

  it('leaves jobs whose time is not over, or that are not', async () => {
    await job({ job: { updatedAt: new Date(clock.now().getTime() + lifetime) } });
    assert.equal(await sweep.sweep(), 0);
    await assembler.store.jobs.updateOne(
      { _id: 'j' },
      { $set: { state: 'running', updatedAt: new Date(0) } },
    );
    assert.deepEqual([await sweep.sweep(), await left()], [0, [1, 1, 1]]);
  });

  for (const [what, changes] of [
    ['a message of it is under way', { job: { outbox } }],
    ['a message of a dataset is under way', { task: { outbox } }],
    ['a message of a work order is under way', { order: { outbox } }],
    ['the archiver has work of it', { order: { state: 'released' } }],
    ['a retry may use what it archived', { task: { state: 'failed' } }],
  ] as const)
    it(`leaves a job while ${what}, and looks at it again`, async () => {
      await job(changes);
      assert.deepEqual([await sweep.sweep(), await left(), removed], [0, [1, 1, 1], []]);
      const needless = { $set: { 'outbox.rows': [], state: 'finished' as const } };
      await assembler.store.jobs.updateOne({ _id: 'j' }, needless);
      await assembler.store.tasks.updateOne(
        { _id: 'j/0' },
        { $set: { 'outbox.rows': [], swept: new Date(0) } },
      );
      await assembler.store.orders.updateOne(
        { _id: 'j/0/0' },
        { $set: { 'outbox.rows': [], state: 'done' } },
      );
      clock.advance(day + lifetime);
      assert.equal(await sweep.sweep(), 1);
    });

  it('leaves a job that another one retries', async () => {
    await job();
    await assembler.store.jobs.insertOne(jobOf('retry', { retryOf: 'j' }));
    assert.equal(await sweep.sweep(), 0);
  });

  it('goes on where another sweep died', async () => {
    await job({ job: { forgetting: true }, order: { state: 'released' } });
    assert.deepEqual([await sweep.sweep(), await left()], [1, [0, 0, 0]]);
  });
});
