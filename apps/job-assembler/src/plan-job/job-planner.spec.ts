import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import { ManualClock, PermanentError, TransientError, wait } from '#kernel';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import type { PlannableJob } from '../aggregates/jobs.js';
import type { AssemblyJob } from '../aggregates/records.js';
import type { CatalogClient } from '../catalog/catalog-client.js';
import type { Dispatcher } from '../release-work/dispatcher.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { jobOf, messagesOf, taskOf } from '../testing/samples.js';
import { planTaken } from './dataset-drafts.js';
import type { DatasetPlanner } from './dataset-planner.js';
import { JobAnnouncement } from './job-announcement.js';
import { JobDatasets } from './job-datasets.js';
import { JobPlanner } from './job-planner.js';

describe('The planner of a job', () => {
  const logger = createLogger('job-planner.spec', 'silent');
  const running = new AbortController().signal;
  let clock: ManualClock;
  let assembler: Assembler;
  /** Datasets in the order in which they were planned. */
  let planned: string[];
  let claimChecks: ClaimChecks;
  beforeEach(async () => {
    clock = new ManualClock();
    const objects = new MemoryObjectStore();
    await objects.ensureBucket('control');
    claimChecks = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    assembler = memoryAssembler(clock);
    planned = [];
  });

  type PlanOne = (taskId: string, job: PlannableJob, keepLease: () => Promise<void>) => Promise<void>;
  const asPlanned: PlanOne = async (_id, { cancelRequested }) => {
    const state = cancelRequested ? ('cancelled' as const) : ('running' as const);
    const begun = await assembler.store.tasks.findOne({ _id });
    if (begun === null) await assembler.store.tasks.insertOne(taskOf(_id, { state }));
    else await assembler.store.tasks.updateOne({ _id }, { $set: { state } });
  };

  /** One turn of a job of so many datasets. */
  async function plan(
    datasets: number,
    planOne: PlanOne = asPlanned,
    stopping = running,
    catalogue: Partial<CatalogClient> = {},
    lease = 60_000,
  ): Promise<boolean> {
    const datasetList = Array.from({ length: datasets }, (_, place) => ({ pid: `p/${place}`, files: [] }));
    const catalog = {
      job: (id: string) => Promise.resolve({ id, jobParams: { datasetList } }),
      bytesOf: (pids: readonly string[]) => Promise.resolve(pids.length * 7),
      ...catalogue,
    } as unknown as CatalogClient;
    const { jobs, tasks } = assembler;
    const one = async (job: PlannableJob, taskId: string, _: unknown, keepLease: () => Promise<void>) => {
      planned.push(taskId);
      await planOne(taskId, job, keepLease);
    };
    const named = new JobDatasets(claimChecks, catalog, logger);
    const planner = new JobPlanner(
      ...([jobs, tasks, named, new JobAnnouncement(jobs, catalog, clock, logger)] as const),
      ...([{ plan: one } as unknown as DatasetPlanner, { wake: () => undefined } as Dispatcher] as const),
      ...([clock, configOf({ lease }), logger] as const),
    );
    return planner.plan((await assembler.store.jobs.findOne({ _id: 'j' }))!, stopping);
  }
  const put = (changes: Partial<AssemblyJob> = {}, id = 'j'): Promise<unknown> =>
    assembler.store.jobs.insertOne(jobOf(id, { planningUntil: clock.now(), ...changes }));
  const found = async (): Promise<AssemblyJob> => (await assembler.store.jobs.findOne({ _id: 'j' }))!;

  it('announces the job once, before the first dataset is planned', async () => {
    await put();
    const seen: unknown[] = [];
    const isWhole = await plan(3, async (taskId, job, keepLease) => {
      seen.push((await found()).totals, messagesOf(await found()));
      await asPlanned(taskId, job, keepLease);
    });
    assert.deepEqual(seen.slice(0, 2), [{ datasets: 3, bytes: 21 }, ['assembly.job-started.v1']]);
    assert.deepEqual([isWhole, await plan(3)], [true, true]);
    assert.deepEqual([messagesOf(await found()).length, (await found()).planned], [1, 3]);
    assert.equal(planned.length, 3, 'what is planned is not planned again');
  });

  it('announces a job whose bytes the catalogue does not say', async () => {
    await put();
    const bytesOf = () => Promise.reject(new PermanentError('catalog.x', 'no such field'));
    assert.equal(await plan(1, asPlanned, running, { bytesOf }), true);
    assert.deepEqual((await found()).totals, { datasets: 1, bytes: 0 });
  });

  /** A catalogue that answers nothing. */
  const silent: Partial<CatalogClient> = {
    job: () => Promise.reject(new PermanentError('catalog.x', 'you may not read jobs')),
    bytesOf: () => Promise.reject(new PermanentError('catalog.x', 'you may not count bytes')),
  };

  it('asks the catalogue nothing about a job that it was told all about, however large', async () => {
    const count = 1_500;
    const lines = Array.from({ length: count }, (_, place) => ({ pid: `t/${place}`, files: [], size: 3 }));
    const reference = await claimChecks.keepLines('job-lists/j.ndjson', lines);
    await put({ datasetList: { reference, count }, cancelRequested: true });
    assert.equal(await plan(0, asPlanned, running, silent), true);
    assert.deepEqual((await found()).totals, { datasets: count, bytes: 3 * count });
    assert.deepEqual(await assembler.tasks.counts('j'), { cancelled: count });
    assert.equal((await assembler.store.tasks.findOne({ _id: 'j/1499' }))?.pid, 't/1499');
  });

  it('asks for the bytes of a job whose list says those of some datasets only', async () => {
    const lines = [
      { pid: 'p', files: [], size: 3, packedSize: 4 },
      { pid: 'q', files: [] },
    ];
    const reference = await claimChecks.keepLines('job-lists/j.ndjson', lines);
    await put({ datasetList: { reference, count: 2 } });
    assert.equal(await plan(0), true);
    assert.deepEqual([(await found()).totals, planned], [{ datasets: 2, bytes: 14 }, ['j/0', 'j/1']]);
  });

  it('does not begin before the catalogue can be asked', async () => {
    await put();
    const away = new TransientError('catalog.away', 'away');
    await assert.rejects(plan(1, asPlanned, running, { bytesOf: () => Promise.reject(away) }), away);
    assert.deepEqual(planned, []);
  });

  it('gives way to another job that is due when its turn is over, and goes on where it was', async () => {
    await put({ planningUntil: new Date(clock.now().getTime() + 60_000) });
    const slow: PlanOne = async (taskId, job, keepLease) => {
      clock.advance(2000);
      await asPlanned(taskId, job, keepLease);
    };
    assert.equal(await plan(6, slow), true, 'nobody else is due');
    await put({ planningUntil: clock.now() }, 'other');
    await assembler.store.tasks.deleteMany({});
    await assembler.store.jobs.updateOne({ _id: 'j' }, { $set: { planned: 0 } });
    planned = [];
    assert.equal(await plan(6, slow), false);
    const first = planned.length;
    assert.ok(first > 0 && first < 6, `${first} in the first turn`);
    await assembler.store.jobs.deleteOne({ _id: 'other' });
    assert.equal(await plan(6, slow), true);
    assert.deepEqual(
      [...planned].sort(),
      [0, 1, 2, 3, 4, 5].map((place) => `j/${place}`),
      'each once',
    );
  });

  it('plans the others while one cannot be planned, and says why that could not be', async () => {
    await put();
    const fault = new TransientError('assembly.x', 'not mounted');
    const failing: PlanOne = (taskId, job, keepLease) =>
      taskId === 'j/1' ? Promise.reject(fault) : asPlanned(taskId, job, keepLease);
    await assert.rejects(plan(4, failing), fault);
    assert.deepEqual([planned.length, (await found()).planned], [4, 1]);
  });

  it('keeps the job while a dataset takes long', async () => {
    await put({ planningUntil: clock.now() });
    const before = (await found()).planningUntil;
    const slow: PlanOne = async (taskId, job, keepLease) => {
      clock.advance(10);
      while ((await found()).planningUntil <= before) await wait(1);
      await keepLease();
      await asPlanned(taskId, job, keepLease);
    };
    assert.equal(await plan(1, slow, running, {}, 15), true);
  });

  it('plans nothing more of a job that another planner has taken', async () => {
    await put({ planner: 1 });
    const overtaken: PlanOne = async (_taskId, _job, keepLease) => {
      await assembler.store.jobs.updateOne({ _id: 'j' }, { $set: { planner: 2 } });
      for (;;) {
        await keepLease();
        await wait(1);
      }
    };
    await assert.rejects(plan(9, overtaken, running, {}, 15), { code: planTaken });
    assert.ok(planned.length <= 2, `${planned.length} were begun`);
  });

  it('says nothing of a fault that it met after another planner had taken the job', async () => {
    await put({ planner: 1 });
    const overtaken: PlanOne = async (_taskId, _job, keepLease) => {
      await assembler.store.jobs.updateOne({ _id: 'j' }, { $set: { planner: 2 } });
      for (;;) {
        await keepLease().catch(() => {
          throw new PermanentError('assembly.x', 'what an overtaken planner sees');
        });
        await wait(1);
      }
    };
    await assert.rejects(plan(1, overtaken, running, {}, 15), { code: planTaken });
  });

  it('ends what never began at a cancel request, also of a job with more datasets than one write takes', async () => {
    await put();
    const isWhole = await plan(1200, async (taskId, job, keepLease) => {
      await assembler.jobs.requestCancel('j', clock.now());
      await asPlanned(taskId, job, keepLease);
    });
    assert.equal(isWhole, true);
    assert.ok(planned.length <= 2, `${planned.length} were planned`);
    const { cancelled = 0, running: begun = 0 } = await assembler.tasks.counts('j');
    assert.equal(cancelled + begun, 1200);
  });

  it('has datasets ended whose planning was cut off before the cancel request', async () => {
    await put({ cancelRequested: true });
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'planning' }));
    await plan(2);
    assert.deepEqual(await assembler.tasks.counts('j'), { cancelled: 2 });
    assert.deepEqual(planned, ['j/0']);
  });

  it('begins nothing more when the process ends', async () => {
    await put();
    assert.equal(await plan(3, asPlanned, AbortSignal.abort()), false);
    assert.deepEqual(planned, []);
  });
});
