import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { currentContext } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import type { Entry } from './dataset-drafts.js';
import { DatasetPlanner } from './dataset-planner.js';
import { JobAnnouncement } from './job-announcement.js';
import { JobDatasets } from './job-datasets.js';
import { PlanningLease } from './planning-lease.js';
import { PlanningTurn } from './planning-turn.js';

/** Datasets that one write cancels. */
const cancelledAtOnce = 500;

/** Plans an accepted job ahead of its work, several datasets at once; work is released as soon as a dataset's plan is complete. */
@Injectable()
export class JobPlanner {
  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly named: JobDatasets,
    private readonly announcement: JobAnnouncement,
    private readonly datasets: DatasetPlanner,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * One turn: it ends when all is planned, when the turn is over and another job is due, or when the process ends.
   *
   * @returns whether the plan is complete; that of a cancelled job is, too
   * @throws the first error of the turn, when all other datasets had theirs; TransientError `assembly.plan-taken` when the job
   * is another planner's by then
   */
  async plan(job: AssemblyJob, stopping: AbortSignal): Promise<boolean> {
    const { clock, logger } = this;
    const lease = new PlanningLease(this.jobs, job, { clock, logger, lease: this.config.lease });
    try {
      return await this.planUnder(lease, job, stopping);
    } catch (error) {
      // What an overtaken planner meets says nothing about the job any more.
      throw lease.lost ?? error;
    } finally {
      lease.end();
    }
  }

  private async planUnder(lease: PlanningLease, job: AssemblyJob, stopping: AbortSignal): Promise<boolean> {
    const list = await this.named.of(job);
    await this.announcement.announce(job, list);
    const turn = new PlanningTurn(list.length, await this.plannedBefore(job));
    let until = this.clock.now().getTime() + this.config.planning.turn;
    await turn.run(this.config.planning.datasets, async (index) => {
      const current = await this.jobs.find(job._id);
      if (lease.lost !== undefined) return false;
      if (current?.state !== 'accepted' || current.cancelRequested || stopping.aborted) return false;
      const now = this.clock.now();
      if (now.getTime() > until) {
        if (await this.jobs.isOneDue(now)) return false;
        until = now.getTime() + this.config.planning.turn;
      }
      await lease.keep();
      await this.datasets.plan(current, `${job._id}/${index}`, list[index]!, lease.keep);
      this.dispatcher.wake();
      return true;
    });
    await this.jobs.notePlanned(job._id, turn.reached, this.clock.now());
    await lease.keep();
    if (await this.jobs.isCancelled(job._id)) await this.cancelRest(lease, job, list, turn.reached);
    else if (turn.fault !== undefined) throw turn.fault;
    else return turn.reached >= list.length;
    return true;
  }

  /** Places in the list of datasets that are planned, or over, already. */
  private async plannedBefore(job: AssemblyJob): Promise<ReadonlySet<number>> {
    const planned = new Set(Array.from({ length: job.planned ?? 0 }, (_, index) => index));
    for await (const { _id } of this.tasks.planned(job._id))
      planned.add(Number(_id.slice(_id.lastIndexOf('/') + 1)));
    return planned;
  }

  /**
   * Datasets whose planning never began are over at once. The catalogue was not told of their start, and hears of their end
   * by the job's own; it then lets go of whatever it holds for the job.
   */
  private async cancelRest(
    lease: PlanningLease,
    job: PlannableJob,
    list: readonly Entry[],
    from: number,
  ): Promise<void> {
    const { _id: jobId, workflow } = job;
    const now = this.clock.now();
    for (let at = from; at < list.length; at += cancelledAtOnce) {
      const unbegun = list.slice(at, at + cancelledAtOnce).map(({ pid }, offset) => ({
        ...{ _id: `${jobId}/${at + offset}`, jobId, pid, workflow, context: currentContext() },
      }));
      await this.tasks.cancelUnbegun(unbegun, now);
      await lease.keep();
    }
    for await (const { _id, pid } of this.tasks.beingPlanned(jobId)) {
      const cancelled = { ...job, cancelRequested: true };
      await this.datasets.plan(cancelled, _id, { pid, files: [] }, lease.keep);
    }
  }
}
