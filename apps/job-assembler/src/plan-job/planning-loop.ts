import { Inject, Injectable } from '@nestjs/common';
import { CatenaError, Clock, codeOf, crashPoint, isRetriable, messageOf } from '#kernel';
import { HostedLoop, type Found } from '#leased-work';
import { runInContext, newTraceparent, spanFactsOf } from '#messaging';
import { startSpan, type Logger, LOGGER } from '#observability';
import { Jobs } from '../aggregates/jobs.js';
import { Leases } from '../aggregates/leases.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { notePlanningFailure, noteWait } from '../counters/assembler-counters.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { JobEnding } from '../settle-results/job-ending.js';
import { planTaken } from './dataset-drafts.js';
import { JobPlanner } from './job-planner.js';

const idlePause = 1000;
/** While there is no job to plan: whoever accepts one calls. */
const maxPause = 5000;
/** Milliseconds after which what could not be planned is tried again. */
const retryPause = 5000;

/** Gives accepted jobs their turns to be planned, the longest due first, so that a small one does not wait for a large one. */
@Injectable()
export class PlanningLoop extends HostedLoop {
  constructor(
    private readonly jobs: Jobs,
    leases: Leases,
    private readonly planner: JobPlanner,
    private readonly dispatcher: Dispatcher,
    private readonly rules: CurrentRules,
    private readonly ending: JobEnding,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'planning of jobs',
      ...{ pause: idlePause, maxPause },
      lanes: config.planning.jobs,
      logger,
      fault: 'planning failed, trying again',
      ready: () => leases.whenReady(),
    });
  }

  /** @returns whether there was a job to plan */
  async round(isQuiet = false): Promise<Found> {
    if (isQuiet && !(await this.jobs.isAnyDue())) return 'nothing';
    if (!(await this.jobs.isAnyDue(this.clock.now()))) return false;
    const rules = await this.rules.now();
    const job = await this.jobs.takeDue(rules.now, this.config.lease, rules.heldBack());
    if (job === undefined) return false;
    const subject = { jobId: job._id };
    const parent = job.context?.traceparent ?? newTraceparent();
    const waited = this.clock.now().getTime() - job.acceptedAt.getTime();
    const attributes = spanFactsOf(subject);
    const span = startSpan({ name: 'plan', kind: 'internal', parent, waited, attributes });
    const context = { ...job.context, traceparent: span.traceparent };
    await runInContext(context, () => this.plan(job, (code) => span.end(code)), subject);
    return true;
  }

  private async plan(job: AssemblyJob, ended: (code?: string) => void): Promise<void> {
    try {
      await this.turnOf(job);
      ended();
    } catch (error) {
      const code = codeOf(error, 'assembly.unexpected-error');
      ended(code);
      notePlanningFailure({ code });
      if (!isRetriable(error)) await this.giveUp(job, error);
      else if (error instanceof CatenaError && error.code === planTaken)
        this.logger.warn({ jobId: job._id, error: error.message }, 'another planner goes on with the job');
      else {
        this.logger.warn({ jobId: job._id, error: messageOf(error) }, 'cannot plan the job now; it waits');
        const later = new Date(this.clock.now().getTime() + retryPause);
        await this.jobs.planAgainAfter(job, later, { message: messageOf(error), code });
      }
    }
  }

  private async turnOf(job: AssemblyJob): Promise<void> {
    const isWhole = await this.planner.plan(job, this.stopping);
    if (!isWhole) return this.jobs.planAgain(job, this.clock.now());
    await this.jobs.start(job._id, this.clock.now());
    crashPoint('assembler.after-plan');
    this.noteWhole(job);
    this.dispatcher.wake();
    await this.ending.settle(job._id);
  }

  private noteWhole({ _id: jobId, workflow, acceptedAt, notBefore = acceptedAt }: AssemblyJob): void {
    noteWait({ stage: 'plan' }, (this.clock.now().getTime() - notBefore.getTime()) / 1000);
    this.logger.info({ jobId, workflow }, 'job is planned');
  }

  /** The whole job cannot be planned: it ends as failed, with the reason. */
  private async giveUp(job: AssemblyJob, error: unknown): Promise<void> {
    const code = codeOf(error, 'assembly.unexpected-error');
    const fault = { code, message: messageOf(error), fault: 'system' as const };
    // Decided before anything is ended, and in one write: a planner that has been overtaken ends nothing.
    if (!(await this.jobs.startFailed(job, fault, this.clock.now()))) return;
    this.logger.error({ jobId: job._id, error: fault.message }, 'the job cannot be planned');
    await this.ending.settle(job._id);
  }
}
