import { Inject, Injectable } from '@nestjs/common';
import { jobCancelRequestedV1 } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { eventRow } from '#outbox';
import type { Lease } from '../domain/lease.js';
import type { BridgeJob } from '../persistence/records.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { Scicat } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';

/** Answers in a row that a job is not there, after which it counts as deleted. */
const absentTwice = 2;
/** Milliseconds between them. */
const absentPause = 5000;

/** Looks whether a job that runs is still there: to delete it in SciCat means to cancel it. */
@Injectable()
export class JobPresence {
  constructor(
    private readonly scicat: Scicat,
    private readonly jobs: BridgeJobs,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
  ) {}

  /** @returns when to look again; undefined when the job was deleted, and waits for its end */
  async check(job: BridgeJob, lease: Lease): Promise<Date | undefined> {
    const now = this.clock.now();
    if (job.deleted === true) {
      await this.cancel(job, lease);
      return undefined;
    }
    const { checkAt } = job;
    if (checkAt !== undefined && checkAt > now) return checkAt;
    if ((await this.scicat.job(job._id)) !== undefined) {
      const next = new Date(now.getTime() + this.config.checkInterval);
      await this.jobs.save(lease, { checkAt: next, absent: 0 });
      return next;
    }
    if (await this.isDeleted(job, lease)) {
      await this.cancel(job, lease);
      return undefined;
    }
    return (await this.jobs.read(lease)).checkAt;
  }

  /**
   * Counts an answer that there is no such job. What stands before SciCat may give one, too: only the second counts, a pause after the
   * first, and no other answer in between.
   */
  async isDeleted(job: BridgeJob, lease: Lease): Promise<boolean> {
    const now = this.clock.now();
    const { absent = 0, checkAt } = job;
    if (absent > 0 && checkAt !== undefined && checkAt > now) return false;
    const isDeleted = absent + 1 >= absentTwice;
    const next = new Date(now.getTime() + absentPause);
    await this.jobs.save(lease, {
      absent: absent + 1,
      ...(isDeleted ? { deleted: true } : { checkAt: next }),
    });
    return isDeleted;
  }

  /** Once: what is cancelled already is left to end. */
  private async cancel(job: BridgeJob, lease: Lease): Promise<void> {
    if (job.cancelled === true) return;
    const said = { jobId: job._id, requestedBy: 'SciCat (the job was deleted there)' };
    const row = eventRow(jobCancelRequestedV1, said, this.clock.now());
    crashPoint('bridge.before-cancel');
    await this.jobs.save(lease, { deleted: true, cancelled: true }, ['checkAt'], [row]);
  }
}
