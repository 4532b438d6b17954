import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { jobStartedV1 } from '#contracts';
import { CatenaError, Clock, crashPoint, isRetriable, messageOf, stillMoving, WorkLoop } from '#kernel';
import { currentContext, inContextOf } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { CatalogClient } from '../catalog/catalog-client.js';
import { ResultFolder } from '../fold-results/result-folder.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob } from '../persistence/records.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { DatasetPlanner, planTaken } from './dataset-planner.js';
import { PlanningTurn } from './planning-turn.js';

const idlePause = 1000;
/** Milliseconds after which what could not be planned is tried again. */
const retryPause = 5000;
/** Datasets that one write cancels. */
const cancelledAtOnce = 500;

type Entry = { readonly pid: string; readonly files: readonly string[] };

/** What planning sets in motion. */
@Injectable()
export class PlanningAfterwards {
  constructor(
    readonly dispatcher: Dispatcher,
    readonly relay: OutboxRelay,
    readonly clock: Clock,
    @Inject(ConfigToken) readonly config: JobAssemblerConfig,
  ) {}
}

/**
 * Plans accepted jobs ahead of the work, several datasets at once; work is released as soon as a dataset's plan is complete.
 * Jobs take turns, so that a small one does not wait for a large one.
 */
@Injectable()
export class JobPlanner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: AssemblerStore,
    private readonly catalog: CatalogClient,
    private readonly datasets: DatasetPlanner,
    private readonly folder: ResultFolder,
    private readonly after: PlanningAfterwards,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'planning of jobs',
      takeOne: () => this.planNext(),
      pause: idlePause,
      lanes: after.config.planning.jobs,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'planning failed, trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  wake(): void {
    this.loop.wake();
  }

  private async planNext(): Promise<boolean> {
    const now = this.after.clock.now();
    const job = await this.store.jobs.findOneAndUpdate(
      { state: 'accepted', planningUntil: { $lte: now } },
      { $set: { planningUntil: new Date(now.getTime() + this.after.config.lease) } },
      { sort: { planningUntil: 1 }, returnDocument: 'after' },
    );
    if (job === null) return false;
    try {
      await inContextOf(job, () => this.plan(job));
    } catch (error) {
      if (!isRetriable(error)) await this.giveUp(job, error);
      else if (error instanceof CatenaError && error.code === planTaken)
        this.logger.warn({ jobId: job._id, error: error.message }, 'another planner goes on with the job');
      else {
        this.logger.warn({ jobId: job._id, error: messageOf(error) }, 'cannot plan the job now; it waits');
        await this.comeBack(job._id, retryPause, messageOf(error));
      }
    }
    return true;
  }

  private async plan(job: AssemblyJob): Promise<void> {
    const { jobParams } = await this.catalog.job(job._id);
    const list = jobParams.datasetList ?? [];
    await this.announce(job, list);
    const turn = new PlanningTurn(list.length, await this.plannedBefore(job));
    let until = this.after.clock.now().getTime() + this.after.config.planning.turn;
    const keepLease = this.leaseKeeper(job._id);
    await turn.run(this.after.config.planning.datasets, async (index) => {
      const current = await this.store.jobs.findOne(
        { _id: job._id, state: 'accepted' },
        { projection: { outbox: 0 } },
      );
      if (current === null || current.cancelRequested || this.loop.stopping.aborted) return false;
      const now = this.after.clock.now();
      if (now.getTime() > until) {
        if (await this.isAnotherDue(now)) return false;
        until = now.getTime() + this.after.config.planning.turn;
      }
      await keepLease();
      await this.datasets.plan(current, `${job._id}/${index}`, list[index]!, keepLease);
      this.after.dispatcher.wake();
      return true;
    });
    await this.store.jobs.updateOne(
      { _id: job._id, state: 'accepted' },
      { $max: { planned: turn.reached }, $set: { updatedAt: this.after.clock.now() } },
    );
    if (await this.store.isCancelled(job._id)) await this.cancelRest(job, list, turn.reached);
    else if (turn.fault !== undefined) throw turn.fault;
    else if (turn.reached < list.length) return this.comeBack(job._id, 0);
    await this.start(job._id);
  }

  /** What the job is about in all: known, and told, before any of it is done. */
  private async announce(
    { _id: jobId, workflow, totals }: AssemblyJob,
    list: readonly Entry[],
  ): Promise<void> {
    if (totals !== undefined) return;
    const kind = workflow === 'archive' ? 'size' : 'packedSize';
    const bytes = await this.bytesOf(jobId, list, kind);
    const datasets = list.length;
    const now = this.after.clock.now();
    const row = eventRow(jobStartedV1, { jobId, datasets, bytes }, now);
    const { $push, $set } = pushRows('outbox', [row], now);
    await this.store.jobs.updateOne(
      { _id: jobId, state: 'accepted', totals: { $exists: false } },
      {
        $set: { ...$set, totals: { datasets, bytes }, updatedAt: now },
        $push,
      },
    );
    crashPoint('assembler.after-announce');
    this.after.relay.wake();
  }

  /** Bytes are told for people to see: that they are not known stops nothing. */
  private async bytesOf(jobId: string, list: readonly Entry[], kind: 'size' | 'packedSize'): Promise<number> {
    const pids = list.map(({ pid }) => pid);
    try {
      return await this.catalog.bytesOf(pids, kind);
    } catch (error) {
      if (isRetriable(error)) throw error;
      this.logger.warn(
        { jobId, error: messageOf(error) },
        'the catalogue does not say how many bytes a job has',
      );
      return 0;
    }
  }

  /** Places in the list of datasets that are planned, or over, already. */
  private async plannedBefore(job: AssemblyJob): Promise<ReadonlySet<number>> {
    const planned = new Set(Array.from({ length: job.planned ?? 0 }, (_, index) => index));
    const tasks = this.store.tasks
      .find({ jobId: job._id, state: { $ne: 'planning' } }, { projection: { _id: 1 } })
      .sort({ _id: 1 });
    for await (const { _id } of tasks) planned.add(Number(_id.slice(_id.lastIndexOf('/') + 1)));
    return planned;
  }

  /** Whether there is a job that would have a turn now. */
  private async isAnotherDue(now: Date): Promise<boolean> {
    const due = { state: 'accepted' as const, planningUntil: { $lte: now } };
    return (await this.store.jobs.countDocuments(due, { limit: 1 })) > 0;
  }

  /**
   * Datasets whose planning never began are over at once. Nobody was told of their start, so nobody is told of their end but by
   * the job's own; the catalogue then lets go of whatever it holds for the job.
   */
  private async cancelRest(job: AssemblyJob, list: readonly Entry[], from: number): Promise<void> {
    const { _id: jobId, workflow } = job;
    const updatedAt = this.after.clock.now();
    for (let at = from; at < list.length; at += cancelledAtOnce) {
      const operations = list.slice(at, at + cancelledAtOnce).map(({ pid }, offset) => ({
        updateOne: {
          filter: { _id: `${jobId}/${at + offset}` },
          update: {
            $setOnInsert: {
              ...{ jobId, pid, workflow, state: 'cancelled' as const },
              ...{ bytes: 0, updatedAt, context: currentContext(), outbox: { rows: [] } },
            },
          },
          upsert: true,
        },
      }));
      await this.store.tasks.bulkWrite(operations, { ordered: false });
      stillMoving();
    }
    const begun = this.store.tasks.find({ jobId, state: 'planning' }, { projection: { pid: 1 } });
    for await (const { _id, pid } of begun.sort({ _id: 1 })) {
      const cancelled = { ...job, cancelRequested: true };
      await this.datasets.plan(cancelled, _id, { pid, files: [] }, this.leaseKeeper(jobId));
    }
  }

  /** @param fault why it could not be planned, for whoever asks what the job waits for */
  private async comeBack(jobId: string, pause: number, fault?: string): Promise<void> {
    const planningUntil = new Date(this.after.clock.now().getTime() + pause);
    await this.store.jobs.updateOne(
      { _id: jobId, state: 'accepted' },
      fault === undefined
        ? { $set: { planningUntil }, $unset: { planFault: '' } }
        : { $set: { planningUntil, planFault: fault.slice(0, 1000) } },
    );
  }

  /** Renews the hold on the job, no more often than needed. */
  private leaseKeeper(jobId: string): () => Promise<void> {
    const { lease } = this.after.config;
    let renewed = this.after.clock.now().getTime();
    return async () => {
      stillMoving();
      const now = this.after.clock.now().getTime();
      if (now - renewed < lease / 3) return;
      renewed = now;
      await this.store.jobs.updateOne(
        { _id: jobId, state: 'accepted' },
        { $set: { planningUntil: new Date(now + lease) } },
      );
    };
  }

  private async start(jobId: string): Promise<void> {
    await this.store.jobs.updateOne(
      { _id: jobId, state: 'accepted' },
      { $set: { state: 'running', updatedAt: this.after.clock.now() }, $unset: { planFault: '' } },
    );
    crashPoint('assembler.after-plan');
    this.after.dispatcher.wake();
    await this.folder.foldJob(jobId);
  }

  /** The whole job cannot be planned: it ends as failed, with the reason. */
  private async giveUp(job: AssemblyJob, error: unknown): Promise<void> {
    this.logger.error({ jobId: job._id, error: messageOf(error) }, 'the job cannot be planned');
    const code = error instanceof CatenaError ? error.code : 'assembly.unexpected-error';
    await this.folder.failJob(job._id, { code, message: messageOf(error), fault: 'system' });
  }
}
