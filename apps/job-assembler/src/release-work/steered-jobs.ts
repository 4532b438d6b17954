import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import { SteeredWork, type JobWords } from '../aggregates/steered-work.js';

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
  async hear(job: PlannableJob): Promise<void> {
    const words = this.wordsOf(job);
    if (words === undefined) return;
    await this.work.hear({ jobId: job._id }, words);
    await this.jobs.noteSteered(job._id, words.version);
  }

  /** Drafts of a dataset may be older, or newer, than a word: they hear of it before they become work. */
  async hearDrafts(taskId: string, job: PlannableJob): Promise<void> {
    const words = this.wordsOf(job);
    if (words !== undefined) await this.work.hear({ taskId }, words);
  }

  /** Whether there is a word that work orders have not heard. */
  async isAnyWaiting(): Promise<boolean> {
    return (await this.jobs.toSteer(1)).length > 0;
  }

  /** Of words whose writer died before the work orders heard, and of deferrals that are over. */
  async catchUp(): Promise<void> {
    for (const job of await this.jobs.toSteer(maxJobs)) await this.hear(job);
    await this.work.endDeferrals(this.clock.now());
  }

  private wordsOf({ priority, deferredUntil, steering }: PlannableJob): JobWords | undefined {
    if (steering === undefined) return undefined;
    const isLater = deferredUntil !== undefined && deferredUntil > this.clock.now();
    return {
      version: steering.version,
      ...(priority === undefined ? {} : { priority }),
      ...(isLater ? { deferredUntil } : {}),
    };
  }
}
