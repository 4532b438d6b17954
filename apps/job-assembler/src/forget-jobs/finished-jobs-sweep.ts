import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, newId, stillMoving, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob } from '../persistence/records.js';
import { ControlObjects } from '../plan-job/control-objects.js';

const pause = 600_000;
const batch = 100;

/**
 * Forgets jobs that have been over for FINISHED_JOB_LIFETIME: their records, plans and results. The catalogue keeps its own
 * record of each. Nothing goes that somebody may still need: messages that are under way, datablocks that nobody answers
 * for yet, a retried job that looks for what its predecessor archived.
 */
@Injectable()
export class FinishedJobsSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = newId();
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: AssemblerStore,
    private readonly objects: ControlObjects,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'forgetting of finished jobs',
      takeOne: async () =>
        (await this.store.holdLease('forgetting', this.holder, pause * 2)) && (await this.sweep()) === batch,
      pause,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not forget finished jobs'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** @returns how many jobs were forgotten */
  async sweep(): Promise<number> {
    let forgotten = 0;
    const before = new Date(this.clock.now().getTime() - this.config.finishedJobLifetime);
    const over = { state: 'finished' as const, updatedAt: { $lt: before } };
    for await (const job of this.store.jobs.find(over).sort({ updatedAt: 1 }).limit(batch)) {
      stillMoving();
      // Of one that an earlier sweep has decided on and not finished the rest goes.
      if (job.forgetting !== true && !(await this.decide(job))) continue;
      await this.forget(job._id);
      forgotten += 1;
    }
    return forgotten;
  }

  /** From this write on nobody looks at the job any more; it misses when anything about the job has changed. */
  private async decide({ _id, updatedAt }: AssemblyJob): Promise<boolean> {
    if (await this.isNeeded(_id)) {
      // Looked at again after the others.
      await this.store.jobs.updateOne(
        { _id, state: 'finished', updatedAt },
        { $set: { updatedAt: new Date(updatedAt.getTime() + 86_400_000) } },
      );
      return false;
    }
    const { modifiedCount } = await this.store.jobs.updateOne(
      { _id, state: 'finished', updatedAt, 'outbox.rows.0': { $exists: false } } as object,
      { $set: { forgetting: true } },
    );
    return modifiedCount > 0;
  }

  private async isNeeded(jobId: string): Promise<boolean> {
    const underWay = { 'outbox.rows.0': { $exists: true } };
    const needed = [
      this.store.tasks.countDocuments({ jobId, ...underWay }, { limit: 1 }),
      this.store.orders.countDocuments({ jobId, ...underWay }, { limit: 1 }),
      this.store.orders.countDocuments({ jobId, state: 'released' }, { limit: 1 }),
      // What it had archived waits for a retry: it is discarded first.
      this.store.tasks.countDocuments(
        { jobId, state: 'failed', workflow: 'archive', swept: { $exists: false } } as object,
        { limit: 1 },
      ),
      this.store.jobs.countDocuments(
        { retryOf: jobId, state: { $in: ['accepted', 'running'] } },
        { limit: 1 },
      ),
    ];
    return (await Promise.all(needed)).some((count) => count > 0);
  }

  /** The record goes last, so that a crash on the way is healed by the next sweep. */
  private async forget(jobId: string): Promise<void> {
    await this.objects.removeOf(jobId);
    await this.store.orders.deleteMany({ jobId });
    await this.store.tasks.deleteMany({ jobId });
    await this.store.jobs.deleteOne({ _id: jobId, forgetting: true });
  }
}
