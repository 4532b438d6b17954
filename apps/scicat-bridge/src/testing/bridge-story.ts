import { ClaimChecks } from '#claim-check';
import {
  datasetArchivedV1,
  datasetResetPreparedV1,
  jobFinishedV1,
  type DatablockLine,
  type DatasetResultLine,
  type Envelope,
  type MessageContract,
} from '#contracts';
import { manifestToJson } from '#datablock';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import { eventRow, type OutboxRelay, type OutboxRow } from '#outbox';
import { MongoConnection } from '#persistence';
import { MemoryObjectStore } from '#storage/testing';
import { LeaseLost } from '../domain/lease.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeLists } from '../persistence/bridge-lists.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { BridgeStore } from '../persistence/bridge-store.js';
import { Errands } from '../persistence/errands.js';
import type { BridgeJob } from '../persistence/records.js';
import { MemoryScicat } from '../scicat/testing/memory-scicat.js';
import { scicatBridgeConfigFrom, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobLook } from '../take-jobs/job-look.js';
import { DatablockRegistration } from '../tell-scicat/datablock-registration.js';
import { DatasetResets } from '../tell-scicat/dataset-resets.js';
import { DatasetWords } from '../tell-scicat/dataset-words.js';
import { ErrandRunner } from '../tell-scicat/errand-runner.js';
import { JobErrands } from '../tell-scicat/job-errands.js';
import { JobPresence } from '../tell-scicat/job-presence.js';
import { JobRefusals } from '../tell-scicat/job-refusals.js';
import { JobSteps } from '../tell-scicat/job-steps.js';
import { JobTurn } from '../tell-scicat/job-turn.js';
import { JobWords } from '../tell-scicat/job-words.js';

const lease = 90_000;
/** The one file of a dataset, unless a story has others. */
export const file = { path: 'f', size: 3 };

/** What a story is told with; the database is a real one, and its clock is turned by hand. */
export class BridgeStory {
  readonly scicat = new MemoryScicat('catena');
  readonly clock = new ManualClock(new Date('2026-11-30T06:00:00Z'));
  readonly jobs: BridgeJobs;
  readonly parts: BridgeParts;
  readonly lists: BridgeLists;
  readonly config: ScicatBridgeConfig;
  private readonly store: BridgeStore;
  private readonly errands: Errands;
  private readonly turn: JobTurn;
  readonly claimChecks: ClaimChecks;
  private readonly objects = new MemoryObjectStore();
  private readonly never = new AbortController();

  private constructor(
    private readonly mongo: MongoConnection,
    environment: Readonly<Record<string, string>>,
  ) {
    const logger = createLogger('bridge-story', 'silent');
    const relay = { wake: () => undefined } as unknown as OutboxRelay;
    this.config = scicatBridgeConfigFrom({
      ...{ MONGODB_URI: 'mongodb://x/y', RABBITMQ_URL: 'amqp://x', S3_ENDPOINT: 'http://x' },
      ...{ S3_ACCESS_KEY: 'x', S3_SECRET_KEY: 'x', SCICAT_URL: 'http://x' },
      ...{ SCICAT_USERNAME: 'catena', SCICAT_PASSWORD: 'x', ...environment },
    });
    const { config, clock, scicat } = this;
    const objects = { bucket: config.controlBucket, patience: 0 };
    this.claimChecks = new ClaimChecks(this.objects, clock, objects);
    this.store = new BridgeStore(mongo, logger);
    this.jobs = new BridgeJobs(this.store, clock, relay);
    this.parts = new BridgeParts(this.store, clock, relay);
    this.lists = new BridgeLists(this.store);
    this.errands = new Errands(this.store, clock);
    const { jobs, parts, claimChecks, errands } = this;
    const words = new DatasetWords(scicat, jobs, parts, clock);
    const presence = new JobPresence(scicat, jobs, clock, config);
    const jobWords = new JobWords(scicat, jobs, presence, clock, config);
    const registration = new DatablockRegistration(scicat, parts, words, claimChecks, clock, config);
    const resets = new DatasetResets(scicat, parts, words, claimChecks, clock, config);
    const runner = new ErrandRunner(parts, words, jobWords, registration, resets, claimChecks);
    const steps = new JobSteps(
      new JobLook(scicat, jobs, parts, claimChecks, config, clock),
      new JobErrands(jobs, parts, errands, runner, clock),
      new JobRefusals(jobs, parts, jobWords, clock),
      presence,
      jobs,
    );
    this.turn = new JobTurn(jobs, steps, clock, config, logger);
  }

  /** @param mongodbUri of the server of the tests */
  static async begin(
    mongodbUri: string | undefined,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<BridgeStory> {
    const uri = new URL(mongodbUri ?? '');
    uri.pathname = `/bridge-${newId().slice(0, 8)}`;
    const logger = createLogger('bridge-story', 'silent');
    const story = new BridgeStory(
      new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger),
      environment,
    );
    story.store.onApplicationBootstrap();
    await story.store.whenReady();
    await story.objects.ensureBucket(story.config.controlBucket);
    return story;
  }

  async end(): Promise<void> {
    await this.mongo.connection.dropDatabase();
    await this.mongo.close();
  }

  /** Another life of the same bridge, with nothing in its database and its SciCat. */
  async anew(): Promise<void> {
    const { jobs, parts, errands } = this.store;
    await Promise.all([jobs.deleteMany({}), parts.deleteMany({}), errands.deleteMany({})]);
    const { records } = this.scicat;
    const { jobs: posted, datasets, originals, datablocks, people } = records;
    for (const map of [posted, datasets, originals, datablocks, people]) map.clear();
    this.scicat.before = this.scicat.after = undefined;
    this.scicat.calls.length = 0;
    this.scicat.awayFor(0);
  }

  /** @returns false when nothing was due */
  async takeOne(): Promise<boolean> {
    const until = new Date(this.clock.now().getTime() + lease);
    const taken = await this.jobs.takeDue(this.clock.now(), until);
    if (taken === undefined) return false;
    const { _id: jobId, epoch } = taken;
    const mustHold = (): void => {
      if (until.getTime() - this.clock.now().getTime() <= this.config.scicat.patience)
        throw new LeaseLost(jobId);
    };
    await this.turn.take({ jobId, epoch, signal: this.never.signal, mustHold }, this.never.signal);
    return true;
  }

  /**
   * Takes what is due, and what becomes due, for so long.
   *
   * @param dies resolves when the process is to die in the midst of a turn, which then hangs
   * @returns whether it died
   */
  async go(milliseconds = 40_000, dies: Promise<unknown> = new Promise(() => undefined)): Promise<boolean> {
    const until = this.clock.now().getTime() + milliseconds;
    const death = dies.then(() => 'dead' as const);
    for (;;) {
      for (;;) {
        const was = await Promise.race([this.takeOne(), death]);
        if (was === 'dead') return true;
        if (!was) break;
      }
      const next = await this.nextDue();
      if (next === undefined || next > until) return false;
      this.clock.advance(Math.max(1, next - this.clock.now().getTime()));
    }
  }

  /** When something is due that nobody holds, milliseconds since 1970. */
  private async nextDue(): Promise<number | undefined> {
    const due = await this.store.jobs.find({ dueAt: { $exists: true } }).toArray();
    const times = due.map(({ dueAt, leasedUntil }) => Math.max(dueAt!.getTime(), leasedUntil.getTime()));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A report of job-assembler. */
  async report<Data extends object>(contract: MessageContract<Data>, data: Data): Promise<Envelope<object>> {
    const { envelope } = eventRow(contract, data, this.clock.now(), { traceparent: '' });
    await this.reportAgain(envelope!);
    return envelope!;
  }

  async reportAgain(envelope: Envelope<object>): Promise<void> {
    await this.errands.add(envelope);
    await this.jobs.hear((envelope.data as { jobId: string }).jobId);
  }

  /** That these datablocks of a dataset are stored and verified. */
  async reportArchived(jobId: string, pid: string, files = [file], count = 1): Promise<Envelope<object>> {
    const lines: DatablockLine[] = [];
    for (let index = 0; index < count; index += 1) {
      const members = files
        .filter((_, at) => at % count === index)
        .map(({ path, size }) => ({
          ...{ path, size, permissions: 0o644, modifiedAt: new Date(0), sha256: '0'.repeat(64), offset: 0 },
        }));
      const manifest = await this.claimChecks.keep(
        `manifests/${jobId}/${pid}/${index}`,
        Buffer.from(manifestToJson({ identity: {}, members })),
        'application/json',
      );
      const size = members.reduce((sum, member) => sum + member.size, 0);
      lines.push({
        archiveId: `${pid}/${jobId}/${index}.tar`,
        size,
        packedSize: 10,
        sha256: 'f'.repeat(64),
        manifest,
      });
    }
    const datablocks = await this.claimChecks.keepLines(`archived/${jobId}/${pid}`, lines);
    return this.report(datasetArchivedV1, {
      ...{ jobId, pid, datablockCount: count, packedSize: 10 * count, datablocks },
    });
  }

  /** That a reset would take these datablocks off the list. */
  async reportResetPrepared(
    jobId: string,
    pid: string,
    archiveIds: readonly string[],
  ): Promise<Envelope<object>> {
    const datablocks = await this.claimChecks.keepLines(
      `reset/${jobId}/${pid}`,
      archiveIds.map((archiveId) => ({ archiveId })),
    );
    return this.report(datasetResetPreparedV1, { jobId, pid, datablockCount: archiveIds.length, datablocks });
  }

  async reportEnd(
    jobId: string,
    lines: readonly DatasetResultLine[],
    outcome: 'succeeded' | 'failed' | 'partial' | 'cancelled' = 'succeeded',
  ): Promise<Envelope<object>> {
    const result = await this.claimChecks.keepLines(`results/${jobId}`, lines);
    const count = (one: string): number => lines.filter((line) => line.outcome === one).length;
    return this.report(jobFinishedV1, {
      ...{ jobId, outcome, message: `${outcome}.`, datasetsSucceeded: count('succeeded') },
      ...{ datasetsFailed: count('failed'), datasetsCancelled: count('cancelled'), result },
    });
  }

  async job(id: string): Promise<BridgeJob | undefined> {
    return (await this.store.jobs.findOne({ _id: id })) ?? undefined;
  }

  /** Messages to job-assembler about a job, by type and dataset; the relay is not there to take them. */
  async said(jobId: string): Promise<string[]> {
    const rows: OutboxRow[] = [];
    for (const { outbox } of await this.store.jobs.find({ _id: jobId }).toArray()) rows.push(...outbox.rows);
    for (const { outbox } of await this.store.parts.find({ jobId }).toArray()) rows.push(...outbox.rows);
    return rows
      .map(({ envelope }) =>
        `${envelope?.type ?? ''} ${(envelope?.data as { pid?: string }).pid ?? ''}`.trim(),
      )
      .sort();
  }

  /** Each call that writes, with what was written, in its order. */
  get writes(): readonly string[] {
    return this.scicat.calls
      .filter(({ method }) => /^(write|create|delete)/.test(method))
      .map(({ method, given }) => `${method} ${JSON.stringify(given)}`);
  }
}
