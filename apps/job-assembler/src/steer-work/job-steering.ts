import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { Priority } from '#routes';
import { Jobs, type JobWord, type PlannableJob } from '../aggregates/jobs.js';
import { movedReason } from '../domain/lane-reasons.js';
import type { PauseMode } from '../domain/steering.js';
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
    const said = this.said(word, version);
    const job = await this.jobs.prioritise(jobId, priority, said);
    return this.obeyed(jobId, job, { priority, ...word });
  }

  /** @param until undefined: at once */
  async defer(jobId: string, until: Date | undefined, word: Word, version?: number): Promise<PlannableJob> {
    const said = this.said(word, version);
    return this.moved(jobId, await this.jobs.defer(jobId, until, said), { until, ...word });
  }

  /** Nothing more of it begins until {@link letGo}, or until then. */
  async hold(jobId: string, word: Word, mode: PauseMode): Promise<PlannableJob> {
    const said = this.said(word);
    return this.moved(jobId, await this.jobs.hold(jobId, word.until, said, mode), { mode, ...word });
  }

  /** @throws PermanentError `operations.changed-meanwhile` when it is not held */
  async letGo(jobId: string, word: Word): Promise<PlannableJob> {
    return this.moved(jobId, await this.jobs.letGo(jobId, this.said(word)), word);
  }

  private said({ by, reason, entry }: Word, version?: number): JobWord {
    return { by, reason, entry, now: this.clock.now(), ...ofVersion(version) };
  }

  private async moved(jobId: string, job: PlannableJob | undefined, what: object): Promise<PlannableJob> {
    const obeyed = await this.obeyed(jobId, job, what);
    const now = this.clock.now();
    const reason = movedReason(obeyed, now);
    await this.jobs.noteWaiting(jobId, reason === undefined ? [] : [{ since: now, ...reason }]);
    // Jobs that have not begun are in no look at what jobs wait for.
    await this.progress.tell(jobId, reason === undefined ? 'planning' : 'waiting');
    return obeyed;
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
      `Expected job ${jobId} as you read it, found version ${version}: ${by} changed its ${what === 'priority' ? what : 'time'} at ${at.toISOString()}. Read it again, then decide anew.`,
    );
  }
}

function ofVersion(version: number | undefined): { readonly version?: number } {
  return version === undefined ? {} : { version };
}
