import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { newId, SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { WorkOrder } from '../aggregates/records.js';
import { assemblerOn } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { dispatcherOn } from '../testing/dispatching.js';

describe('The release of work', () => {
  const logger = createLogger('dispatcher.int.spec', 'silent');
  const clock = new SystemClock();
  let mongo: MongoConnection;
  let store: AssemblerStore;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/dispatcher-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
  });
  beforeEach(() => store.orders.deleteMany({}));
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  function order(_id: string, group: string, target: WorkOrder['target'], age: number): WorkOrder {
    const what = { jobId: 'j', taskId: 'j/0', pid: 'p', archiveId: 'a', bytes: 1, share: 0 };
    const kind = target === 'lts-read' ? ('retrieve' as const) : ('archive' as const);
    const createdAt = new Date(age);
    return { _id, ...what, kind, state: 'planned', group, target, createdAt, outbox: { rows: [] } };
  }

  /**
   * Looks once; `meanwhile` runs between the look at what there is and the first write.
   *
   * @param holds how often the process gets the lease, until another one has it
   */
  async function look(
    limits: JobAssemblerConfig['limits'],
    meanwhile?: () => Promise<unknown>,
    holds = Number.MAX_SAFE_INTEGER,
  ) {
    let interrupted = store.orders;
    if (meanwhile !== undefined) {
      let once: (() => Promise<unknown>) | undefined = meanwhile;
      interrupted = new Proxy(store.orders, {
        get: (target, name) =>
          name === 'updateOne'
            ? async (...parameters: Parameters<typeof target.updateOne>) => {
                await once?.();
                once = undefined;
                return target.updateOne(...parameters);
              }
            : (Reflect.get(target, name, target) as unknown),
      });
    }
    const watched = Object.create(store, { orders: { value: interrupted } }) as AssemblerStore;
    let asked = 0;
    const leases = {
      whenReady: () => Promise.resolve(),
      hold: () => Promise.resolve((asked += 1) <= holds),
    };
    const assembler = { ...assemblerOn(watched), leases };
    await dispatcherOn(assembler, clock, configOf({ limits, copies: 1 }), logger).round();
    const released = await store.orders.find({ state: 'released' }).sort({ _id: 1 }).toArray();
    return released.map(({ _id }) => _id);
  }

  it('gives an idle target its work while older work waits for a busy one', async () => {
    await store.orders.insertMany([
      ...Array.from({ length: 4 }, (_, n) => ({
        ...order(`held${n}`, 'g', 'lts-write', n),
        state: 'released' as const,
      })),
      ...Array.from({ length: 40 }, (_, n) => order(`write${n}`, 'g', 'lts-write', 10 + n)),
      ...Array.from({ length: 3 }, (_, n) => order(`read${n}`, 'g', 'lts-read', 100 + n)),
    ]);
    const released = await look({ global: 16, perGroup: 16, perTarget: 4 });
    assert.deepEqual(
      released.filter((id) => !id.startsWith('held')),
      ['read0', 'read1', 'read2'],
    );
  });

  it('gives the free slot to the group that holds nothing', async () => {
    await store.orders.insertMany([
      { ...order('held0', 'a', 'lts-write', 0), state: 'released' },
      { ...order('held1', 'b', 'lts-write', 0), state: 'released' },
      ...['a', 'b'].flatMap((group) =>
        Array.from({ length: 5 }, (_, n) => order(`${group}${n}`, group, 'lts-write', n)),
      ),
      order('modest', 'c', 'lts-write', 500),
    ]);
    const released = await look({ global: 3, perGroup: 32, perTarget: 48 });
    assert.deepEqual(released, ['held0', 'held1', 'modest']);
  });

  it('releases no more once another process counts, however long the round has become', async () => {
    const waiting = Array.from({ length: 45 }, (_, n) => order(`${n}`.padStart(2, '0'), 'a', 'lts-write', n));
    const limits = { global: 64, perGroup: 64, perTarget: 64 };
    await store.orders.insertMany(waiting);
    assert.deepEqual(await look(limits, undefined, 1), [], 'it is asked again before it counts');
    assert.equal((await look(limits, undefined, 3)).length, 20);
    assert.equal((await look(limits)).length, 45);
  });

  it('does not release what is cancelled between the look and the write', async () => {
    await store.orders.insertMany([order('one', 'a', 'lts-write', 0)]);
    const released = await look({ global: 3, perGroup: 3, perTarget: 3 }, () =>
      store.orders.updateOne({ _id: 'one' }, { $set: { state: 'cancelled' } }),
    );
    assert.deepEqual(released, []);
    assert.equal((await store.orders.findOne({ _id: 'one' }))?.outbox.rows.length, 0);
  });
});
