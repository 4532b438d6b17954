import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { Priority } from '#routes';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import { deferredReason } from '../domain/lane-reasons.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { SteeredJobs } from '../release-work/steered-jobs.js';
import { ProgressReports } from '../settle-results/progress-reports.js';
import { changedMeanwhile, notPossible, notThere, refuse } from './refusals.js';
import type { Word } from './release-steering.js';

/** What operators say of single jobs: how urgent they are, and when they go on. */
@Injectable()
export class JobSteering {
  constructor(
    private readonly jobs: Jobs,
    private readonly steered: SteeredJobs,
    private readonly progress: ProgressReports,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws PermanentError `operations.not-there` */
  async find(jobId: string): Promise<PlannableJob> {
    const job = await this.jobs.find(jobId);
    if (job === undefined)
      throw refuse(notThere, `Expected job ${jobId}, found none that was accepted and is remembered.`);
    return job;
  }

  async prioritise(jobId: string, priority: Priority, word: Word, version?: number): Promise<PlannableJob> {
    const said = { by: word.by, reason: word.reason, now: this.clock.now(), ...ofVersion(version) };
    const job = await this.jobs.prioritise(jobId, priority, said);
    return this.obeyed(jobId, job, { priority, ...word });
  }

  /** @param until undefined: at once */
  async defer(jobId: string, until: Date | undefined, word: Word, version?: number): Promise<PlannableJob> {
    const said = { by: word.by, reason: word.reason, now: this.clock.now(), ...ofVersion(version) };
    const job = await this.obeyed(jobId, await this.jobs.defer(jobId, until, said), { until, ...word });
    await this.jobs.noteWaiting(
      jobId,
      until === undefined ? [] : [{ ...deferredReason(until, word), since: said.now }],
    );
    // Jobs that have not begun are in no look at what jobs wait for.
    await this.progress.tell(jobId, until === undefined ? 'planning' : 'waiting');
    return job;
  }

  private async obeyed(jobId: string, job: PlannableJob | undefined, what: object): Promise<PlannableJob> {
    if (job === undefined) throw await this.refusal(jobId);
    this.logger.info({ jobId, ...what }, 'an operator steered a job');
    await this.steered.hear(job);
    this.dispatcher.wake();
    return job;
  }

  private async refusal(jobId: string): Promise<Error> {
    const { state, cancelRequested, steering, totals } = await this.find(jobId);
    if (state === 'finished')
      return refuse(notPossible, `Expected a job that is not over, found that ${jobId} is.`);
    if (cancelRequested)
      return refuse(notPossible, `Expected a job that goes on, found that ${jobId} is being cancelled.`);
    if (totals === undefined && state === 'running')
      return refuse(
        notPossible,
        `Expected a job that can be planned, found that ${jobId} cannot: it ends by itself, and its error says why.`,
      );
    if (steering === undefined)
      return refuse(
        changedMeanwhile,
        `Expected job ${jobId} as you read it, found version 0: no operator has said anything of it. Read it again, then decide anew.`,
      );
    const { version, by, at, what } = steering;
    return refuse(
      changedMeanwhile,
      `Expected job ${jobId} as you read it, found version ${version}: ${by} changed its ${what === 'defer' ? 'time' : what} at ${at.toISOString()}. Read it again, then decide anew.`,
    );
  }
}

function ofVersion(version: number | undefined): { readonly version?: number } {
  return version === undefined ? {} : { version };
}
