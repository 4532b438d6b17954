import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Envelope, JobSubmittedV1 } from '#contracts';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import type { AppHealth } from '#service-host';
import type { OutboxRelay } from '#outbox';
import { MongoConnection } from '#persistence';
import { JobCancellation } from '../accept-job/job-cancellation.js';
import { JobRequestsConsumer } from '../accept-job/job-requests.consumer.js';
import type { CatalogClient } from '../catalog/catalog-client.js';
import { JobEnding } from '../fold-results/job-ending.js';
import type { JobFolds } from '../fold-results/job-folds.js';
import type { ProgressReports } from '../fold-results/progress-reports.js';
import type { ResultFolder } from '../fold-results/result-folder.js';
import { WaitingReports } from '../fold-results/waiting-reports.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob } from '../persistence/records.js';
import type { Dispatcher } from '../release-work/dispatcher.js';
import type { ControlObjects } from './control-objects.js';
import type { DatasetPlanner } from './dataset-planner.js';
import { JobPlanner, PlanningAfterwards } from './job-planner.js';

const hour = 3_600_000;

describe('A job whose time is still to come', () => {
  const logger = createLogger('later-jobs.int.spec', 'silent');
  const clock = new ManualClock();
  const inMilliseconds = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);
  const relay = { wake: () => undefined, onAccepted: () => undefined } as unknown as OutboxRelay;
  const folds = { soon: () => Promise.resolve() } as unknown as JobFolds;
  const config = {
    planning: { jobs: 1, datasets: 1, turn: 60_000 },
    lease: 60_000,
    silence: 60_000,
    limits: { global: 8, perGroup: 8, perTarget: 8 },
  } as unknown as JobAssemblerConfig;
  let mongo: MongoConnection;
  let store: AssemblerStore;
  let planner: JobPlanner;
  let cancellation: JobCancellation;

  /** As a process that has just started. */
  function start(): void {
    const catalog = {
      job: (id: string) => Promise.resolve({ id, jobParams: { datasetList: [{ pid: 'p', files: [] }] } }),
      bytesOf: () => Promise.resolve(7),
    };
    const plan = async ({ _id: jobId, cancelRequested }: AssemblyJob, _id: string): Promise<void> => {
      const state = cancelRequested ? 'cancelled' : 'registering';
      await store.tasks.insertOne({
        ...{ _id, jobId, pid: 'p', workflow: 'archive', state },
        ...{ bytes: 7, updatedAt: clock.now(), outbox: { rows: [] } },
      });
    };
    const objects = {
      writeLines: (key: string) => Promise.resolve({ bucket: 'control', key, size: 1, sha256: 'x' }),
    } as unknown as ControlObjects;
    planner = new JobPlanner(
      store,
      catalog as unknown as CatalogClient,
      { plan } as unknown as DatasetPlanner,
      new JobEnding(store, objects, relay, clock) as unknown as ResultFolder,
      new PlanningAfterwards({ wake: () => undefined } as unknown as Dispatcher, relay, clock, config),
      logger,
    );
    planner.onApplicationBootstrap();
  }
  const stop = (): Promise<void> => planner.beforeApplicationShutdown();

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/later-jobs-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
    cancellation = new JobCancellation(store, folds, relay, clock);
    start();
  });
  after(async () => {
    await stop();
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  async function submit(notBefore?: Date, jobId = newId()): Promise<string> {
    const consumer = new JobRequestsConsumer(store, planner, cancellation, clock);
    const data: JobSubmittedV1 = {
      ...{ jobId, jobType: 'archive', workflow: 'archive', datasetCount: 1 },
      ...(notBefore === undefined ? {} : { notBefore: notBefore.toISOString() }),
    };
    assert.equal((await consumer.submitted({ data } as Envelope<JobSubmittedV1>)).kind, 'done');
    return jobId;
  }
  const stateOf = async (jobId: string): Promise<string | undefined> =>
    (await store.jobs.findOne({ _id: jobId }))?.state;
  async function until(jobId: string, state: string): Promise<void> {
    for (let attempt = 0; (await stateOf(jobId)) !== state; attempt += 1) {
      assert.ok(attempt < 600, `expected job ${jobId} to be ${state} within 30 s`);
      await sleep(50);
    }
  }
  /** The planner has looked at all jobs that are due: one that came last is planned. */
  const looked = async (): Promise<void> => until(await submit(), 'running');

  it('is planned when its time has come, not before, over a restart, and once though its message came twice', async () => {
    const due = inMilliseconds(hour);
    const id = await submit(due);
    await looked();
    assert.equal(await stateOf(id), 'accepted');
    await stop();
    start();
    await submit(due, id);
    await looked();
    assert.equal(await stateOf(id), 'accepted');
    clock.advance(hour - 1);
    await looked();
    assert.equal(await stateOf(id), 'accepted');
    clock.advance(1);
    await submit(due, id);
    await until(id, 'running');
    assert.equal(await store.tasks.countDocuments({ jobId: id }), 1);
  });

  it('is planned at once when the time is over by then', async () => {
    const id = await submit(inMilliseconds(-hour));
    await until(id, 'running');
    assert.equal((await store.jobs.findOne({ _id: id }))?.notBefore, undefined);
  });

  it('ends at once when it is cancelled', async () => {
    const id = await submit(inMilliseconds(hour));
    await looked();
    assert.equal((await cancellation.request(id)).kind, 'done');
    await until(id, 'finished');
    const job = await store.jobs.findOne({ _id: id });
    assert.deepEqual([job?.outcome, job?.totals], ['cancelled', { datasets: 1, bytes: 7 }]);
  });

  it('keeps the lease of whoever plans it when it is cancelled after its time', async () => {
    const id = newId();
    const planningUntil = inMilliseconds(60_000);
    await store.jobs.insertOne({
      ...{ _id: id, jobType: 'archive', workflow: 'archive', group: 'g', state: 'accepted' },
      ...{ cancelRequested: false, planningUntil, notBefore: inMilliseconds(-hour) },
      ...{ acceptedAt: clock.now(), updatedAt: clock.now(), outbox: { rows: [] } },
    });
    await cancellation.request(id);
    assert.deepEqual((await store.jobs.findOne({ _id: id }))?.planningUntil, planningUntil);
    await store.jobs.deleteOne({ _id: id });
  });

  it('takes no place among the jobs that are looked at for what they wait for', async () => {
    const id = await submit(inMilliseconds(hour));
    const begun = await submit();
    await until(begun, 'running');
    await store.jobs.updateMany({ _id: { $in: [id, begun] } }, { $set: { waitsFor: ['x'] } });
    const told: string[] = [];
    const progress = { tell: (jobId: string) => Promise.resolve(told.push(jobId)) };
    const health = { add: () => undefined };
    const reports = new WaitingReports(
      store,
      progress as unknown as ProgressReports,
      health as unknown as AppHealth,
      clock,
      config,
      logger,
    );
    await reports.look();
    assert.deepEqual([told.includes(id), told.includes(begun)], [false, true]);
  });
});
