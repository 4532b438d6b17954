import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DiscardDatablockV1 } from '#contracts';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import { assemblerOn } from '../testing/assembler.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';
import { UnregisteredSweep } from './unregistered-sweep.js';

const lifetime = 86_400_000;

describe('Datablocks that nobody registered', () => {
  const logger = createLogger('unregistered.int.spec', 'silent');
  const clock = new ManualClock(new Date());
  let mongo: MongoConnection;
  let store: AssemblerStore;
  let unregistered: UnregisteredDatablocks;
  let sweep: UnregisteredSweep;
  let pid: string;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/unregistered-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
    const { jobs, tasks, orders, places, leases } = assemblerOn(store, clock);
    unregistered = new UnregisteredDatablocks(jobs, tasks, orders, places, clock);
    const config = { unregisteredLifetime: lifetime } as JobAssemblerConfig;
    sweep = new UnregisteredSweep(tasks, leases, unregistered, clock, config, logger);
  });
  beforeEach(async () => {
    pid = `p-${newId()}`;
    await store.tasks.deleteMany({});
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  /** A job with one dataset and one datablock, archived by itself. */
  async function job(
    state: DatasetTask['state'],
    order: Partial<WorkOrder> = {},
    jobState: AssemblyJob['state'] = 'finished',
  ): Promise<string> {
    const jobId = newId();
    await store.jobs.insertOne({ _id: jobId, state: jobState } as AssemblyJob);
    const common = { jobId, pid, outbox: { rows: [] } };
    await store.tasks.insertOne({
      ...{ ...common, _id: `${jobId}/0`, workflow: 'archive', state, bytes: 1, updatedAt: clock.now() },
    });
    await store.orders.insertOne({
      ...{ ...common, _id: `${jobId}/0/0`, taskId: `${jobId}/0`, kind: 'archive', state: 'done' },
      archiveId: `${pid}/${jobId}/0.tar`,
      ...order,
    } as WorkOrder);
    return jobId;
  }
  async function asked(jobId: string): Promise<DiscardDatablockV1[]> {
    const { outbox } = (await store.orders.findOne({ jobId }))!;
    return outbox.rows.map(({ envelope }) => envelope?.data as DiscardDatablockV1);
  }
  const nameOf = async (jobId: string): Promise<string> => (await store.orders.findOne({ jobId }))!.archiveId;

  it('of a failed job go when another job has archived the dataset', async () => {
    const failed = await job('failed');
    const broken = await job('failed', { state: 'failed' });
    const other = await job('succeeded');
    await unregistered.discardSuperseded(pid, other);
    await unregistered.discardSuperseded(pid, other);
    assert.deepEqual([(await asked(failed)).length, (await asked(broken)).length], [1, 1]);
    assert.deepEqual(await asked(other), []);
  });

  it('of a failed job wait for a retry as long as they live, and go then', async () => {
    const failed = await job('failed');
    await sweep.sweep();
    assert.deepEqual(await asked(failed), []);
    clock.advance(lifetime + 1);
    assert.equal(await sweep.sweep(), 1);
    assert.equal((await asked(failed)).length, 1);
    assert.equal(await sweep.sweep(), 0, 'done with');
  });

  it('stay while a retried job uses them, and for good when that has registered them', async () => {
    const failed = await job('failed');
    const archiveId = await nameOf(failed);
    const retry = await job('registering', { archiveId, archivedBy: failed }, 'running');
    await store.orders.updateOne({ jobId: failed }, { $set: { usedBy: retry } });
    clock.advance(lifetime + 1);
    await sweep.sweep();
    assert.deepEqual(await asked(failed), []);
    await store.tasks.updateOne({ jobId: retry }, { $set: { state: 'succeeded' } });
    await unregistered.discardSuperseded(pid, retry);
    await store.jobs.updateOne({ _id: retry }, { $set: { state: 'finished' } });
    clock.advance(86_400_001);
    assert.equal(await sweep.sweep(), 1, 'looked at again');
    assert.deepEqual([await asked(failed), await asked(retry)], [[], []]);
  });

  it('of a predecessor go with the retried job that used them, under the name of who archived them', async () => {
    const failed = await job('failed');
    const archiveId = await nameOf(failed);
    const retry = await job('cancelled', { archiveId, archivedBy: failed });
    await store.orders.updateOne({ jobId: failed }, { $set: { usedBy: retry } });
    await unregistered.discard(`${retry}/0`);
    const [order, ...others] = await asked(retry);
    assert.deepEqual([order?.archivedBy, order?.archiveId, others.length], [failed, archiveId, 0]);
    clock.advance(lifetime + 1);
    await sweep.sweep();
    assert.deepEqual(await asked(failed), [], 'only one of them asks');
  });

  it('that a retried job wanted and never planned go with the job that archived them', async () => {
    const failed = await job('failed');
    const retry = await job('failed');
    await store.orders.updateOne({ jobId: failed }, { $set: { usedBy: retry } });
    clock.advance(lifetime + 1);
    await sweep.sweep();
    assert.equal((await asked(failed)).length, 1);
  });

  it('that a retried job was about to use when it was cancelled go with the job that archived them', async () => {
    const failed = await job('failed');
    const archiveId = await nameOf(failed);
    const retry = await job('cancelled', { archiveId, archivedBy: failed, state: 'cancelled' });
    await store.orders.updateOne({ jobId: failed }, { $set: { usedBy: retry } });
    await unregistered.discard(`${retry}/0`);
    assert.deepEqual(await asked(retry), []);
    clock.advance(lifetime + 1);
    await sweep.sweep();
    assert.equal((await asked(failed)).length, 1);
  });

  it('stay when a retried job begins to use them between the look and the write', async () => {
    const failed = await job('failed');
    const { orders } = store;
    const interrupted = new Proxy(orders, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (name !== 'updateOne') return typeof value === 'function' ? value.bind(target) : value;
        return async (...parameters: Parameters<typeof target.updateOne>) => {
          await target.updateOne({ jobId: failed }, { $set: { usedBy: 'a retry' } });
          return target.updateOne(...parameters);
        };
      },
    });
    const watched = Object.create(store, { orders: { value: interrupted } }) as AssemblerStore;
    const { jobs, tasks, places, orders: watchedOrders } = assemblerOn(watched, clock);
    const isAll = await new UnregisteredDatablocks(jobs, tasks, watchedOrders, places, clock).discard(
      `${failed}/0`,
    );
    assert.equal(isAll, false, 'it is looked at again');
    assert.deepEqual(await asked(failed), []);
    assert.equal((await store.orders.findOne({ jobId: failed }))?.discardedAt, undefined);
  });
});
