import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import { legacyRow } from '#outbox';
import { MongoConnection } from '#persistence';
import { MemoryObjectStore } from '#storage/testing';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import { ClaimChecks } from '#claim-check';
import { assemblerOn } from '../testing/assembler.js';
import { FinishedJobsSweep } from './finished-jobs-sweep.js';

const lifetime = 90 * 86_400_000;

describe('A finished job', () => {
  const logger = createLogger('finished-jobs.int.spec', 'silent');
  const clock = new ManualClock(new Date());
  const config = { finishedJobLifetime: lifetime, controlBucket: 'control' } as JobAssemblerConfig;
  let mongo: MongoConnection;
  let store: AssemblerStore;
  let objects: MemoryObjectStore;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/forgotten-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
  });
  beforeEach(async () => {
    for (const collection of [store.jobs, store.tasks, store.orders])
      await (collection as typeof store.jobs).deleteMany({});
    objects = new MemoryObjectStore();
    await objects.ensureBucket('control');
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  function sweepOf(of: AssemblerStore): FinishedJobsSweep {
    const { jobs, tasks, orders, early, leases } = assemblerOn(of, clock);
    const lists = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    return new FinishedJobsSweep(jobs, tasks, orders, early, leases, lists, clock, config, logger);
  }
  const message = () => ({ rows: [legacyRow({ exchange: 'x', key: 'k', body: '{}' }, clock.now())] });

  /** A job with a dataset and a work order, over for as long as jobs are kept. */
  async function job(changes: {
    job?: Partial<AssemblyJob>;
    task?: Partial<DatasetTask>;
    order?: Partial<WorkOrder>;
  }): Promise<string> {
    const jobId = newId();
    const updatedAt = new Date(clock.now().getTime() - lifetime - 1000);
    const common = { outbox: { rows: [] }, updatedAt };
    await store.jobs.insertOne({ ...common, _id: jobId, state: 'finished', ...changes.job } as AssemblyJob);
    await store.tasks.insertOne({
      ...{ ...common, _id: `${jobId}/0`, jobId, workflow: 'archive', state: 'succeeded' },
      ...changes.task,
    } as DatasetTask);
    await store.orders.insertOne({
      ...{ ...common, _id: `${jobId}/0/0`, jobId, taskId: `${jobId}/0`, state: 'done' },
      ...changes.order,
    } as WorkOrder);
    for (const key of [`plans/${jobId}/0/1/0.ndjson`, `results/${jobId}/0.ndjson`, `results/${jobId}.ndjson`])
      await objects.put('control', key, Buffer.from('x'), { size: 1 });
    return jobId;
  }
  async function left(jobId: string): Promise<number[]> {
    let lists = 0;
    for await (const { key } of objects.list('control', '')) lists += key.includes(jobId) ? 1 : 0;
    const counts = await Promise.all([
      store.jobs.countDocuments({ _id: jobId }),
      store.tasks.countDocuments({ jobId }),
      store.orders.countDocuments({ jobId }),
    ]);
    return [...counts, lists];
  }
  const everything = [1, 1, 1, 3];
  const nothing = [0, 0, 0, 0];

  it('is forgotten when its time is over, with its plans and results, and no other is', async () => {
    const old = await job({});
    const young = await job({ job: { updatedAt: clock.now() } });
    const running = await job({ job: { state: 'running' } });
    assert.equal(await sweepOf(store).sweep(), 1);
    assert.deepEqual(await left(old), nothing);
    assert.deepEqual([await left(young), await left(running)], [everything, everything]);
  });

  for (const [what, changes] of [
    ['a message of it was not accepted yet', { job: { outbox: message() } }],
    ['a message of a dataset was not accepted yet', { task: { outbox: message() } }],
    ['a message of a work order was not accepted yet', { order: { outbox: message() } }],
    ['a work order is still with the archiver', { order: { state: 'released' } }],
    ['a retry may use what a failed dataset has archived', { task: { state: 'failed' } }],
  ] as const)
    it(`stays while ${what}`, async () => {
      const kept = await job(changes);
      assert.equal(await sweepOf(store).sweep(), 0);
      assert.deepEqual(await left(kept), everything);
    });

  it('stays while a job that retries it is under way', async () => {
    const kept = await job({});
    await job({ job: { state: 'running', retryOf: kept } });
    assert.equal(await sweepOf(store).sweep(), 0);
    assert.deepEqual(await left(kept), everything);
  });

  it('stays when a message of it is written between the look and the write', async () => {
    const kept = await job({});
    const jobs = new Proxy(store.jobs, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (name !== 'updateOne') return typeof value === 'function' ? value.bind(target) : value;
        return async (...parameters: Parameters<typeof target.updateOne>) => {
          await target.updateOne({ _id: kept }, { $set: { outbox: message() } });
          return target.updateOne(...parameters);
        };
      },
    });
    assert.equal(await sweepOf(Object.create(store, { jobs: { value: jobs } }) as AssemblerStore).sweep(), 0);
    assert.deepEqual(await left(kept), everything);
  });

  it('is forgotten to its end by the next sweep when one died on the way', async () => {
    const half = await job({ job: { forgetting: true } });
    await store.orders.deleteMany({ jobId: half });
    assert.equal(await sweepOf(store).sweep(), 1);
    assert.deepEqual(await left(half), nothing);
  });
});
