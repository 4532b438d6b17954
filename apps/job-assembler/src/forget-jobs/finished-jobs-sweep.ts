import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { EarlyCancels } from '../aggregates/early-cancels.js';
import { Jobs } from '../aggregates/jobs.js';
import { Leases } from '../aggregates/leases.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { ClaimChecks } from '#claim-check';

const pause = 600_000;
const batch = 100;
const day = 86_400_000;

/**
 * Forgets jobs that have been over for FINISHED_JOB_LIFETIME, their records, plans and results, and cancellations of jobs that have not
 * come in that time. The catalogue keeps its own
 * record of each. Nothing goes that is still needed: messages that are under way, datablocks that no job answers
 * for yet, a retried job that looks for what its predecessor archived.
 */
@Injectable()
export class FinishedJobsSweep extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly early: EarlyCancels,
    private readonly leases: Leases,
    private readonly claimChecks: ClaimChecks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'forgetting of finished jobs',
      pause,
      logger,
      fault: 'could not forget finished jobs',
      ready: () => leases.whenReady(),
    });
  }

  async round(): Promise<boolean> {
    return (await this.leases.hold('forgetting', this.holder, pause * 2)) && (await this.sweep()) === batch;
  }

  /** @returns how many jobs were forgotten */
  async sweep(): Promise<number> {
    let forgotten = 0;
    const before = new Date(this.clock.now().getTime() - this.config.finishedJobLifetime);
    await this.early.forgetBefore(before);
    for await (const job of this.jobs.finishedBefore(before, batch)) {
      stillMoving();
      // Of one that an earlier sweep has decided on and not finished the rest goes.
      if (job.forgetting !== true && !(await this.decide(job))) continue;
      await this.forget(job._id);
      forgotten += 1;
    }
    return forgotten;
  }

  /** From this write on only this sweep looks at the job; the write misses when anything about the job has changed. */
  private async decide(job: AssemblyJob): Promise<boolean> {
    if (!(await this.isNeeded(job._id))) return this.jobs.beginForgetting(job);
    // Looked at again after the others.
    await this.jobs.forgetLater(job, new Date(job.updatedAt.getTime() + day));
    return false;
  }

  private async isNeeded(jobId: string): Promise<boolean> {
    const needed = [this.tasks.isNeeded(jobId), this.orders.isNeeded(jobId), this.jobs.isRetried(jobId)];
    return (await Promise.all(needed)).includes(true);
  }

  /** The record goes last, so that a crash on the way is healed by the next sweep. */
  private async forget(jobId: string): Promise<void> {
    await this.claimChecks.remove([`results/${jobId}.ndjson`]);
    for (const part of ['plans', 'results']) await this.claimChecks.removeBelow(`${part}/${jobId}/`);
    await this.orders.forget(jobId);
    await this.tasks.forget(jobId);
    await this.jobs.forget(jobId);
  }
}
