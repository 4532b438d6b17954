import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, PermanentError, SystemClock, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import type { ClaimChecks } from '#claim-check';
import type { CatalogClient } from '../catalog/catalog-client.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import type { DatasetSettling } from '../settle-results/dataset-settling.js';
import type { JobEnding } from '../settle-results/job-ending.js';
import { JobSettling } from '../settle-results/job-settling.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { configOf } from '../testing/assembler-config.js';
import { assemblerOn } from '../testing/assembler.js';
import { settlingOn } from '../testing/settling.js';
import type { DatasetPlanner } from './dataset-planner.js';
import { JobAnnouncement } from './job-announcement.js';
import { JobDatasets } from './job-datasets.js';
import { JobPlanner } from './job-planner.js';
import { PlanningLoop } from './planning-loop.js';

const size = 1200;

describe('Planning a job of many datasets', () => {
  const logger = createLogger('job-planner.int.spec', 'silent');
  const clock = new SystemClock();
  let mongo: MongoConnection;
  let store: AssemblerStore;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/job-planner-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  const config = (turn: number): JobAssemblerConfig =>
    ({ planning: { jobs: 1, datasets: 4, turn }, lease: 60_000 }) as unknown as JobAssemblerConfig;
  function jobSettling(datasets?: DatasetSettling, ending?: JobEnding, on = store): JobSettling {
    const { jobs, tasks, orders, leases } = assemblerOn(on, clock);
    const { settling, jobEnding } = settlingOn(assemblerOn(on), clock);
    const whole = [datasets ?? settling, ending ?? jobEnding] as const;
    return new JobSettling(jobs, tasks, orders, leases, ...whole, clock, config(0), logger);
  }

  /** A planner for which every dataset is planned by `plan`; the job's list has as many as its id says. */
  function plannerFor(
    plan: (job: Pick<AssemblyJob, '_id'>, taskId: string) => Promise<void>,
    turn = 60_000,
  ): PlanningLoop {
    const catalog = {
      job: (id: string) =>
        Promise.resolve({
          id,
          jobParams: {
            datasetList: Array.from({ length: Number(id.split('-')[0]) }, (_, index) => ({
              pid: `p/${index}`,
              files: [],
            })),
          },
        }),
      bytesOf: (pids: readonly string[]) => Promise.resolve(pids.length * 7),
    } as unknown as CatalogClient;
    const assembler = assemblerOn(store, clock);
    const { jobs, tasks, leases } = assembler;
    const { dispatcher, jobEnding } = settlingOn(assembler, clock);
    const announcement = new JobAnnouncement(jobs, catalog, clock, logger);
    const datasets = { plan } as unknown as DatasetPlanner;
    const named = new JobDatasets({} as ClaimChecks, catalog, logger);
    const planner = new JobPlanner(
      ...([jobs, tasks, named, announcement, datasets, dispatcher, clock] as const),
      config(turn),
      logger,
    );
    const rules = new CurrentRules(assembler.steering, clock, configOf());
    return new PlanningLoop(
      ...([jobs, leases, planner, dispatcher, rules, jobEnding, clock, config(turn), logger] as const),
    );
  }
  async function accept(datasets: number, more: Partial<AssemblyJob> = {}): Promise<string> {
    const _id = `${datasets}-${newId()}`;
    const now = new Date();
    await store.jobs.insertOne({
      ...{ _id, jobType: 'archive', workflow: 'archive', group: 'g', state: 'accepted' },
      ...{ cancelRequested: false, planningUntil: now, acceptedAt: now, updatedAt: now },
      ...{ outbox: { rows: [] }, ...more },
    });
    return _id;
  }
  const task = (taskId: string, state: DatasetTask['state']): DatasetTask => ({
    ...{ _id: taskId, jobId: taskId.split('/')[0]!, pid: `p/${taskId}`, workflow: 'archive', state },
    ...{ bytes: 7, updatedAt: new Date(), outbox: { rows: [] } },
  });
  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; !(await condition()); attempt += 1) {
      assert.ok(attempt < 2400, 'expected the condition to become true within 2 min');
      await sleep(50);
    }
  }
  const states = (jobId: string): Promise<Partial<Record<string, number>>> =>
    assemblerOn(store).tasks.counts(jobId);

  it('says what it is about in all before the first dataset is planned', async () => {
    const id = await accept(3);
    const seen: unknown[] = [];
    const planner = plannerFor(async (_, taskId) => {
      const job = await store.jobs.findOne({ _id: id });
      seen.push([job?.totals, job?.outbox.rows.map(({ envelope }) => envelope?.type.split('.').at(-2))]);
      await store.tasks.insertOne(task(taskId, 'registering'));
    });
    planner.onApplicationBootstrap();
    await until(async () => (await store.jobs.findOne({ _id: id }))?.state === 'running');
    await planner.beforeApplicationShutdown();
    assert.deepEqual(seen[0], [{ datasets: 3, bytes: 21 }, ['job-started']]);
    assert.equal((await store.jobs.findOne({ _id: id }))?.outbox.rows.length, 1, 'and says it once');
  });

  it('lets a small job that comes later have its turn', async () => {
    const large = await accept(500);
    const order: string[] = [];
    let small = '';
    const planner = plannerFor(async (job, taskId) => {
      if (small === '' && order.length === 20) small = await accept(1);
      order.push(job._id);
      await sleep(2);
      await store.tasks.insertOne(task(taskId, 'registering'));
    }, 100);
    planner.onApplicationBootstrap();
    await until(async () => (await store.jobs.findOne({ _id: large }))?.state === 'running');
    await planner.beforeApplicationShutdown();
    assert.equal(order.filter((id) => id === large).length, 500, 'each dataset is planned once');
    assert.ok(order.indexOf(small) > 0 && order.indexOf(small) < 480, `place ${order.indexOf(small)}`);
  });

  it('plans the others while one dataset cannot be planned, and that one later', async () => {
    const id = await accept(50);
    let calls = 0;
    const planner = plannerFor(async (_, taskId) => {
      if (taskId.endsWith('/3') && (calls += 1) === 1)
        throw new TransientError('assembly.list-moving', 'not now');
      await store.tasks.insertOne(task(taskId, 'registering'));
    });
    planner.onApplicationBootstrap();
    await until(async () => (await states(id))['registering'] === 49);
    assert.equal((await store.jobs.findOne({ _id: id }))?.state, 'accepted');
    await store.jobs.updateOne({ _id: id }, { $set: { planningUntil: new Date(0) } });
    await until(async () => (await store.jobs.findOne({ _id: id }))?.state === 'running');
    await planner.beforeApplicationShutdown();
    assert.deepEqual([calls, await states(id)], [2, { registering: 50 }]);
  });

  it('is ended by no planner that another one has overtaken', async () => {
    const id = await accept(2);
    const planner = plannerFor(async (job) => {
      await store.jobs.updateOne({ _id: job._id }, { $inc: { planner: 1 } });
      throw new PermanentError('assembly.x', 'it cannot be planned');
    });
    await store.jobs.updateMany({ _id: { $ne: id } }, { $set: { planningUntil: new Date('2999-01-01') } });
    await planner.round();
    assert.equal((await store.jobs.findOne({ _id: id }))?.state, 'accepted');
    await store.jobs.deleteOne({ _id: id });
  });

  it('ends at a cancel request: what has not begun is over at once', async () => {
    const id = await accept(size);
    let planned = 0;
    const planner = plannerFor(async (job, taskId) => {
      if ((planned += 1) === 10)
        await store.jobs.updateOne({ _id: job._id }, { $set: { cancelRequested: true } });
      await store.tasks.insertOne(task(taskId, 'cancelled'));
    });
    planner.onApplicationBootstrap();
    await until(async () => (await store.jobs.findOne({ _id: id }))?.state === 'finished');
    await planner.beforeApplicationShutdown();
    assert.ok(planned < 20, `${planned} were planned`);
    assert.deepEqual(await states(id), { cancelled: size });
    assert.equal((await store.jobs.findOne({ _id: id }))?.outcome, 'cancelled');
  });

  it('that is planned and then cancelled ends all its datasets together, and no work that was released', async () => {
    const id = await accept(size, { state: 'running', cancelRequested: true });
    const order = (index: number, state: WorkOrder['state']): WorkOrder =>
      ({ ...task(`${id}/${index}/0`, 'running'), taskId: `${id}/${index}`, state }) as unknown as WorkOrder;
    const all = Array.from({ length: size }, (_, index) => index);
    await store.tasks.insertMany(all.map((index) => task(`${id}/${index}`, 'running')));
    await store.orders.insertMany(all.map((index) => order(index, index === 5 ? 'released' : 'cancelled')));
    const settling = jobSettling();
    settling.onApplicationBootstrap();
    await settling.soon(id);
    await until(async () => (await states(id))['cancelled'] === size - 1);
    assert.equal((await store.tasks.findOne({ _id: `${id}/5` }))?.state, 'running');
    const one = await store.tasks.findOne({ _id: `${id}/7` });
    assert.match(String(one?.outbox.rows[0]?.envelope?.type), /dataset-cancelled/);
    assert.ok(one?.outbox.dueAt !== undefined);
    await store.orders.updateOne({ _id: `${id}/5/0` }, { $set: { state: 'cancelled' } });
    await settling.soon(id);
    await until(async () => (await states(id))['cancelled'] === size);
    await settling.beforeApplicationShutdown();
  });

  it('is not ended with the others when its work began while they were counted', async () => {
    const id = await accept(2, { state: 'running', cancelRequested: true });
    const order = (place: string, state: WorkOrder['state']): WorkOrder =>
      ({ ...task(`${id}/0/${place}`, 'running'), taskId: `${id}/0`, state }) as unknown as WorkOrder;
    await store.tasks.insertOne(task(`${id}/0`, 'planning'));
    await store.orders.insertOne(order('0', 'cancelled'));
    let counted = 0;
    const orders = new Proxy(store.orders, {
      get: (target, property) => {
        const value = Reflect.get(target, property, target) as (...given: unknown[]) => unknown;
        if (property !== 'aggregate') return typeof value === 'function' ? value.bind(target) : value;
        return (...given: Parameters<typeof target.aggregate>) => {
          const rows = target.aggregate(...given);
          if ((counted += 1) > 1) return rows;
          return (async function* () {
            const all = await rows.toArray();
            // The planner, which read the job before its cancel, goes on: one block was done by an earlier job.
            await store.orders.insertOne(order('1', 'done'));
            await store.tasks.updateOne({ _id: `${id}/0` }, { $set: { state: 'running' } });
            yield* all;
          })();
        };
      },
    });
    const watched = Object.create(store, { orders: { value: orders } }) as AssemblerStore;
    const seen: string[] = [];
    const datasets = { settle: (taskId: string) => Promise.resolve(seen.push(taskId)) };
    const ending = { settle: () => Promise.resolve() };
    const settling = jobSettling(
      datasets as unknown as DatasetSettling,
      ending as unknown as JobEnding,
      watched,
    );
    settling.onApplicationBootstrap();
    await settling.soon(id);
    await until(() => Promise.resolve(seen.includes(`${id}/0`)));
    await settling.beforeApplicationShutdown();
    assert.equal((await store.tasks.findOne({ _id: `${id}/0` }))?.state, 'running');
  });
});
