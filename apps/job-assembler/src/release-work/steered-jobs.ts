import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import { SteeredWork } from '../aggregates/steered-work.js';

/** Jobs in one look; more have their turn in the next one. */
const maxJobs = 500;

/** Lets work orders hear what operators said of their jobs. */
@Injectable()
export class SteeredJobs {
  constructor(
    private readonly jobs: Jobs,
    private readonly work: SteeredWork,
    private readonly clock: Clock,
  ) {}

  /** Can be repeated, and come late: work orders keep the last word. */
  async hear({ _id, priority, deferredUntil, steering }: PlannableJob): Promise<void> {
    if (steering === undefined) return;
    const isLater = deferredUntil !== undefined && deferredUntil > this.clock.now();
    await this.work.hear(_id, {
      version: steering.version,
      ...(priority === undefined ? {} : { priority }),
      ...(isLater ? { deferredUntil } : {}),
    });
    await this.jobs.noteSteered(_id, steering.version);
  }

  /** Of words whose writer died before the work orders heard, and of deferrals that are over. */
  async catchUp(): Promise<void> {
    for (const job of await this.jobs.toSteer(maxJobs)) await this.hear(job);
    await this.work.endDeferrals(this.clock.now());
  }
}
