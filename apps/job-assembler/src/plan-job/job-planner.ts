import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { jobStartedV1 } from '#contracts';
import { CatenaError, Clock, crashPoint, isRetriable, messageOf, stillMoving, WorkLoop } from '#kernel';
import type { Logger } from '#observability';
import { eventRow, LOGGER, OutboxRelay, pushRows } from '#outbox';
import { CatalogClient } from '../catalog/catalog-client.js';
import { ResultFolder } from '../fold-results/result-folder.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob } from '../persistence/records.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { DatasetPlanner, planTaken } from './dataset-planner.js';

const idlePause = 1000;
/** Jobs planned at once: most of planning is waiting for answers. */
const parallel = 4;

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

/** Plans accepted jobs, dataset by dataset; work is released as soon as a dataset's plan is complete. */
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
      lanes: parallel,
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
      {
        $set: { planningUntil: new Date(now.getTime() + this.after.config.lease) },
        $unset: { planFault: '' },
      },
      { sort: { planningUntil: 1 }, returnDocument: 'after' },
    );
    if (job === null) return false;
    try {
      await this.plan(job);
    } catch (error) {
      if (!isRetriable(error)) await this.giveUp(job, error);
      else if (error instanceof CatenaError && error.code === planTaken)
        this.logger.warn({ jobId: job._id, error: error.message }, 'another planner goes on with the job');
      else {
        this.logger.warn({ jobId: job._id, error: messageOf(error) }, 'cannot plan the job now; it waits');
        await this.store.jobs.updateOne(
          { _id: job._id },
          {
            $set: {
              planningUntil: new Date(this.after.clock.now().getTime() + 5000),
              planFault: messageOf(error).slice(0, 1000),
            },
          },
        );
      }
    }
    return true;
  }

  private async plan(job: AssemblyJob): Promise<void> {
    const { jobParams } = await this.catalog.job(job._id);
    const list = jobParams.datasetList ?? [];
    for (const [index, entry] of list.entries()) {
      const until = new Date(this.after.clock.now().getTime() + this.after.config.lease);
      const current = await this.store.jobs.findOneAndUpdate(
        { _id: job._id, state: 'accepted' },
        { $set: { planningUntil: until } },
        { returnDocument: 'after' },
      );
      if (current === null || this.loop.stopping.aborted) return;
      await this.datasets.plan(current, `${job._id}/${index}`, entry, this.leaseKeeper(job._id));
      this.after.dispatcher.wake();
    }
    await this.start(job._id, list.length);
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

  private async start(jobId: string, datasets: number): Promise<void> {
    const now = this.after.clock.now();
    const [sum] = await this.store.tasks
      .aggregate<{ bytes: number }>([
        { $match: { jobId } },
        { $group: { _id: null, bytes: { $sum: '$bytes' } } },
      ])
      .toArray();
    const row = eventRow(
      jobStartedV1,
      { jobId, datasets, bytes: Number(sum?.bytes ?? 0) },
      { subject: jobId, partitionKey: jobId, sequence: 1 },
      now,
    );
    const { $push, $set } = pushRows('outbox', [row], now);
    await this.store.jobs.updateOne({ _id: jobId, state: 'accepted' }, {
      $set: { ...$set, state: 'running', updatedAt: now },
      $push,
    } as object);
    crashPoint('assembler.after-plan');
    this.after.relay.wake();
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
