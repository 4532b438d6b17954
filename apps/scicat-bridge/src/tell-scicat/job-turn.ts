import { Inject, Injectable } from '@nestjs/common';
import { backOff, Clock, codeOf, messageOf } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { LeaseLost, type Lease } from '../domain/lease.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import type { BridgeJob } from '../persistence/records.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobSteps } from './job-steps.js';

/** One turn of a job under a lease: what is due is done, and when it is due again is written down. */
@Injectable()
export class JobTurn {
  constructor(
    private readonly jobs: BridgeJobs,
    private readonly steps: JobSteps,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @param stopping fires when the process ends: what is not begun stays for the next one */
  async take(lease: Lease, stopping: AbortSignal): Promise<void> {
    try {
      const job = await this.jobs.read(lease);
      try {
        const dueAt = await this.steps.take(job, lease, stopping);
        await this.jobs.rest(lease, job.heard, dueAt, { attempts: 0 });
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        if (stopping.aborted) return await this.jobs.release(lease);
        await this.wait(job, lease, error);
      }
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      this.logger.warn({ jobId: lease.jobId }, 'another worker has taken over');
    }
  }

  /** Whatever stands in the way, the job is tried again: nothing that was accepted is given up, and operators see why it waits. */
  private async wait({ attempts, why }: BridgeJob, lease: Lease, error: unknown): Promise<void> {
    const code = codeOf(error, 'bridge.unexpected-error');
    const message = messageOf(error);
    const { first, most } = this.config.retryPause;
    const now = this.clock.now();
    const dueAt = new Date(now.getTime() + first / 2 + backOff(attempts, first, most));
    this.logger.warn({ jobId: lease.jobId, code, error: message, attempts }, 'a job of SciCat waits');
    const since = why?.code === code ? why.since : now;
    const reason = { code, message: message.slice(0, 2000), since };
    await this.jobs.release(lease, { dueAt, attempts: attempts + 1, why: reason });
  }
}
