import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import { assemblerOn } from '../testing/assembler.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';
import { UnregisteredSweep } from './unregistered-sweep.js';

const lifetime = 7 * 86_400_000;
const day = 86_400_000;

describe('The sweep of datablocks that nobody registered', () => {
  const logger = createLogger('unregistered-sweep.int.spec', 'silent');
  const clock = new ManualClock(new Date());
  let mongo: MongoConnection;
  let store: AssemblerStore;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/sweep-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
    await store.jobs.insertOne({ _id: 'retry', state: 'running' } as AssemblyJob);
  });
  beforeEach(async () => {
    await store.tasks.deleteMany({});
    await store.orders.deleteMany({});
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  function sweep(unregistered?: Pick<UnregisteredDatablocks, 'discard'>): UnregisteredSweep {
    const config = { unregisteredLifetime: lifetime } as JobAssemblerConfig;
    const { jobs, tasks, orders, places, leases } = assemblerOn(store, clock);
    const datablocks = unregistered ?? new UnregisteredDatablocks(jobs, tasks, orders, places, clock);
    return new UnregisteredSweep(tasks, leases, datablocks as UnregisteredDatablocks, clock, config, logger);
  }
  /** Failed datasets whose lifetime is over, each with a datablock that a job uses, or none. */
  async function failed(ids: readonly string[], age: number, usedBy?: string): Promise<void> {
    const updatedAt = new Date(clock.now().getTime() - lifetime - age);
    const common = { jobId: 'j', pid: 'p', outbox: { rows: [] } };
    await store.tasks.insertMany(
      ids.map((_id): DatasetTask => ({
        ...common,
        ...{ _id, workflow: 'archive', state: 'failed', bytes: 1, updatedAt },
      })),
    );
    await store.orders.insertMany(
      ids.map(
        (taskId) =>
          ({
            ...{ ...common, _id: `${taskId}/0`, taskId, kind: 'archive', state: 'done' },
            ...{ archiveId: `p/${taskId}.tar`, ...(usedBy === undefined ? {} : { usedBy }) },
          }) as unknown as WorkOrder,
      ),
    );
  }
  const taskOf = (_id: string): Promise<DatasetTask | null> => store.tasks.findOne({ _id });

  it('reaches the others behind a hundred datasets whose datablocks a running job uses, and looks at those again', async () => {
    const used = Array.from({ length: 100 }, (_, index) => `used-${index}`);
    await failed(used, 30 * day, 'retry');
    await failed(['behind'], day);
    assert.equal(await sweep().sweep(), 100, 'so that the next sweep follows at once');
    assert.equal(await sweep().sweep(), 1);
    assert.ok((await taskOf('behind'))?.swept);
    assert.equal(await sweep().sweep(), 0, 'each is looked at once a day');
    assert.equal(await store.tasks.countDocuments({ _id: { $in: used }, swept: { $exists: false } }), 100);
    await store.jobs.updateOne({ _id: 'retry' }, { $set: { state: 'finished' } });
    clock.advance(day + 1);
    assert.equal(await sweep().sweep(), 100);
    assert.equal(await store.orders.countDocuments({ discardedAt: { $exists: true } }), 101);
    await store.jobs.updateOne({ _id: 'retry' }, { $set: { state: 'running' } });
  });

  for (const isOver of [true, false])
    it(`leaves a dataset alone that changes while it is looked at, ${isOver ? 'done with' : 'in use'}`, async () => {
      await failed(['changing'], day);
      const changed = clock.now();
      const discard = async (_id: string): Promise<boolean> => {
        await store.tasks.updateOne({ _id }, { $set: { updatedAt: changed } });
        return isOver;
      };
      assert.equal(await sweep({ discard }).sweep(), 0);
      const { swept, updatedAt } = (await taskOf('changing'))!;
      assert.deepEqual([swept, updatedAt], [undefined, changed]);
    });
});
