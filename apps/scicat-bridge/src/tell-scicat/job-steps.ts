import { Injectable } from '@nestjs/common';
import { isAway } from '#kernel';
import { LeaseLost, type Lease } from '../domain/lease.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import type { BridgeJob } from '../persistence/records.js';
import { JobLook } from '../take-jobs/job-look.js';
import { JobErrands } from './job-errands.js';
import { JobPresence } from './job-presence.js';
import { JobRefusals } from './job-refusals.js';

/** What is due of a job, by its state. */
@Injectable()
export class JobSteps {
  constructor(
    private readonly look: JobLook,
    private readonly errands: JobErrands,
    private readonly refusals: JobRefusals,
    private readonly presence: JobPresence,
    private readonly jobs: BridgeJobs,
  ) {}

  /**
   * @param stopping fires when the process ends: what is not begun stays for the next one
   * @returns when the job is due again; undefined when nothing is left to do
   */
  async take(job: BridgeJob, lease: Lease, stopping: AbortSignal): Promise<Date | undefined> {
    switch (job.state) {
      case 'seen':
        await this.look.take(job, lease);
        return new Date(0);
      case 'refused':
        await this.refusals.tell(job, lease);
        return undefined;
      case 'accepted':
        return this.tell(job, lease, stopping);
      case 'over':
        await this.errands.close(job, lease);
        return undefined;
      case 'left':
        return undefined;
    }
  }

  /** To delete a job cancels it also while something of it cannot be told. */
  private async tell(job: BridgeJob, lease: Lease, stopping: AbortSignal): Promise<Date | undefined> {
    try {
      if (await this.errands.tell(job, lease, stopping)) return undefined;
    } catch (error) {
      if (error instanceof LeaseLost || isAway(error) || stopping.aborted) throw error;
      await this.presence.check(await this.jobs.read(lease), lease);
      throw error;
    }
    return this.presence.check(await this.jobs.read(lease), lease);
  }
}
