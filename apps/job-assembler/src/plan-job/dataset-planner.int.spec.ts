import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId, SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import type { CatalogClient } from '../catalog/catalog-client.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, WorkOrder } from '../aggregates/records.js';
import type { ClaimChecks } from '#claim-check';
import { assemblerOn } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { meanwhileOn } from '../testing/meanwhile.js';
import { jobOf } from '../testing/samples.js';
import { settlingOn } from '../testing/settling.js';
import { DatablocksToRead } from './datablocks-to-read.js';
import { DatasetDrafts } from './dataset-drafts.js';
import { DatasetPlanner } from './dataset-planner.js';
import { ReleasesBeforeReset } from './releases-before-reset.js';
import { DatasetRoutes } from './dataset-routes.js';
import type { DatasetSources } from './dataset-sources.js';

/** A gate that holds whoever comes to it until it is opened. */
function gate(): { reached: Promise<void>; pass: () => Promise<void>; open: () => void } {
  let [arrive, open]: (() => void)[] = [];
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { reached, pass: () => (arrive!(), opened), open: () => open!() };
}

describe('Two planners of one dataset', () => {
  const logger = createLogger('dataset-planner.int.spec', 'silent');
  const clock = new SystemClock();
  let mongo: MongoConnection;
  let store: AssemblerStore;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/planner-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  /** A planner that finds three blocks, and stops before the one with this index. */
  function planner(
    name: string,
    stop?: { readonly at: number; readonly pass: () => Promise<void> },
    digestOf: (key: string) => string = () => name,
    written = store,
  ) {
    const split = async function* () {
      for (let index = 0; index < 3; index += 1) {
        if (index === stop?.at) await stop.pass();
        yield [{ path: `${name} ${index}`, size: 1 }];
      }
      if (stop?.at === 3) await stop.pass();
    };
    const source = { kind: 'source-folder', location: '/data/x' };
    const sources = {
      of: () => Promise.resolve({ source, dataset: { pid: 'p', sourceFolder: '/' }, blocks: split() }),
    };
    const objects = {
      keepLines: (key: string) => Promise.resolve({ bucket: 'control', key, size: 1, sha256: digestOf(key) }),
    };
    const { tasks, orders, places, releases } = assemblerOn(written);
    const catalog = {} as unknown as CatalogClient;
    const before = new ReleasesBeforeReset(releases, clock);
    const { settling, ending } = settlingOn(assemblerOn(store), clock);
    const drafts = new DatasetDrafts(
      orders,
      catalog,
      objects as unknown as ClaimChecks,
      sources as unknown as DatasetSources,
      new DatasetRoutes(catalog, places, configOf()),
      new DatablocksToRead(catalog, objects as unknown as ClaimChecks),
      clock,
    );
    return new DatasetPlanner(tasks, orders, drafts, before, settling, ending, clock);
  }
  const accepted = async (id: string, changes: Partial<AssemblyJob> = {}): Promise<AssemblyJob> => {
    const job = jobOf(id, changes);
    await store.jobs.replaceOne({ _id: id }, job, { upsert: true });
    return job;
  };
  const plan = async (
    one: DatasetPlanner,
    id: string,
    changes: Partial<AssemblyJob> = {},
    keepLease: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> => one.plan(await accepted(id, changes), `${id}/0`, { pid: 'p', files: [] }, keepLease);
  /** The plan that became work: whole, and of one planner. */
  async function assertPlanOf(name: string, id: string): Promise<void> {
    const task = await store.tasks.findOne({ _id: `${id}/0` });
    assert.equal(task?.state, 'running');
    const orders = await store.orders.find({ jobId: id, state: 'planned' }).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      orders.map(({ _id, files, planner: token }) => [_id, files?.sha256, token]),
      [0, 1, 2].map((index) => [`${id}/0/${index}`, name, task.planner]),
    );
  }

  for (const at of [0, 1, 2, 3])
    it(`leave the plan of the newer one when the older one slept before block ${at} until it was ready`, async () => {
      const id = newId();
      const sleep = gate();
      const older = plan(planner('older', { at, pass: sleep.pass }), id);
      await sleep.reached;
      await plan(planner('newer'), id);
      sleep.open();
      await assert.rejects(older, { code: 'assembly.plan-taken', retriable: true });
      await assertPlanOf('newer', id);
    });

  it('are not what the one takes itself for whose write the driver sent twice, because its answer was lost', async () => {
    const id = newId();
    const tasks = new Proxy(store.tasks, {
      get: (target, property) => {
        if (property === 'updateOne')
          return async (...given: Parameters<typeof target.updateOne>) => {
            await target.updateOne(...given);
            return target.updateOne(...given);
          };
        return (Reflect.get(target, property, target) as (...given: unknown[]) => unknown).bind(target);
      },
    });
    const twice = Object.create(store, { tasks: { value: tasks } }) as AssemblerStore;
    await plan(planner('alone', undefined, undefined, twice), id);
    await assertPlanOf('alone', id);
  });

  it('leave what the newer one has drafted when the older one slept before it deleted drafts', async () => {
    const id = newId();
    const [sleep, ready] = [gate(), gate()];
    const asleep = { orders: meanwhileOn(store.orders, 'deleteMany', sleep.pass) };
    const older = plan(planner('older', undefined, undefined, assemblerOn(store).with(asleep).store), id);
    await sleep.reached;
    // With each block, and before each draft: the third one is not there yet.
    let steps = 0;
    const keepLease = () => ((steps += 1) === 6 ? ready.pass() : Promise.resolve());
    const newer = plan(planner('newer'), id, {}, keepLease);
    await ready.reached;
    assert.equal(await store.orders.countDocuments({ jobId: id, state: 'drafted' }), 2);
    sleep.open();
    await assert.rejects(older, { code: 'assembly.plan-taken' });
    ready.open();
    await newer;
    await assertPlanOf('newer', id);
  });

  it('leave the plan of the newer one when the older one is ready first', async () => {
    const id = newId();
    const [first, second] = [gate(), gate()];
    const older = plan(planner('older', { at: 1, pass: first.pass }), id);
    await first.reached;
    const newer = plan(planner('newer', { at: 1, pass: second.pass }), id);
    await second.reached;
    first.open();
    await assert.rejects(older, { code: 'assembly.plan-taken' });
    assert.equal((await store.tasks.findOne({ _id: `${id}/0` }))?.state, 'planning', 'not with half a plan');
    second.open();
    await newer;
    await assertPlanOf('newer', id);
  });

  for (const at of [1, 2, 3])
    it(`leave no draft when the job was cancelled while one of them slept before block ${at}`, async () => {
      const id = newId();
      const sleep = gate();
      const older = plan(planner('older', { at, pass: sleep.pass }), id);
      await sleep.reached;
      await plan(planner('newer'), id, { cancelRequested: true });
      assert.equal((await store.tasks.findOne({ _id: `${id}/0` }))?.state, 'cancelled');
      assert.deepEqual(await store.orders.find({ jobId: id }).toArray(), [], 'drafts from before');
      sleep.open();
      await assert.rejects(older, { code: 'assembly.plan-taken' });
      assert.deepEqual(await store.orders.find({ jobId: id }).toArray(), [], 'drafts of the sleeper');
    });

  it('make one plan when the second comes after the first was ready', async () => {
    const id = newId();
    await plan(planner('older'), id);
    await plan(planner('newer'), id);
    await assertPlanOf('older', id);
  });

  it('use again what a job archived before, and never what it discarded', async () => {
    const [before, id] = [newId(), newId()];
    const source = { location: '/data/x' };
    await store.orders.insertMany(
      [0, 1].map(
        (index) =>
          ({
            _id: `${before}/0/${index}`,
            jobId: before,
            pid: 'p',
            kind: 'archive',
            state: 'done',
            archiveId: `p=/${before}/${index}.tar`,
            source,
            files: { sha256: `block ${index}` },
            result: { kind: 'archive' },
            ...(index === 0 ? { discardedAt: new Date() } : {}),
          }) as unknown as WorkOrder,
      ),
    );
    const one = planner('block', undefined, (key) => `block ${/[/](\d+)[.]ndjson$/.exec(key)?.[1]}`);
    await plan(one, id, { retryOf: before });
    const orders = await store.orders.find({ jobId: id }).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      orders.map(({ state, archiveId }) => [state, archiveId]),
      [
        ['planned', `p=/${id}/00000.tar`],
        ['done', `p=/${before}/1.tar`],
        ['planned', `p=/${id}/00002.tar`],
      ],
    );
    assert.equal(orders[1]?.archivedBy, before, 'from now on this job answers for it');
    assert.equal((await store.orders.findOne({ _id: `${before}/0/1` }))?.usedBy, id);
    const other = newId();
    await plan(one, other, { retryOf: before });
    assert.equal(await store.orders.countDocuments({ jobId: other, state: 'done' }), 0, 'one job at a time');
  });
});
