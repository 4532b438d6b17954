import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { PlannableJob } from '../aggregates/jobs.js';
import { DatasetTasks, type TaskCounts } from '../aggregates/dataset-tasks.js';
import type { WaitReason } from '../aggregates/records.js';
import { WorkFigures } from '../aggregates/work-figures.js';
import { WorkOrders, type WorkOrderCounts } from '../aggregates/work-orders.js';
import { estimateEnd, type EndEstimate } from '../domain/estimate.js';
import { runningReason } from '../domain/waiting-reasons.js';
import { JobSteering } from './job-steering.js';

/** Milliseconds: work that ended before says nothing of how fast a lane is. */
const window = 7 * 86_400_000;

/** What `GET operations/jobs/ID` answers. */
export interface JobAnswer extends Pick<
  PlannableJob,
  | 'state'
  | 'group'
  | 'jobType'
  | 'workflow'
  | 'priority'
  | 'notBefore'
  | 'deferredUntil'
  | 'steering'
  | 'totals'
> {
  readonly id: string;
  /** The ETag: rises with each word of an operator. */
  readonly version: number;
  readonly datasets: TaskCounts;
  readonly workOrders: WorkOrderCounts;
  readonly wait: readonly WaitReason[];
  /** Absent without evidence, and until its plan is complete. */
  readonly end?: EndEstimate;
}

/** How far a job is, why it waits, and when it may end. */
@Injectable()
export class JobView {
  constructor(
    private readonly steering: JobSteering,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly figures: WorkFigures,
    private readonly clock: Clock,
  ) {}

  /** @throws PermanentError `operations.not-there` */
  async of(id: string): Promise<JobAnswer> {
    const job = await this.steering.find(id);
    const [datasets, workOrders, bytes, end] = await Promise.all([
      this.tasks.counts(id),
      this.orders.counts({ jobId: id }),
      this.orders.bytes(id),
      job.state === 'running' ? this.endOf(id) : undefined,
    ]);
    const { wait = this.goesOn(job, workOrders, bytes) } = job;
    const { state, group, jobType, workflow, priority, notBefore, deferredUntil, steering, totals } = job;
    return {
      ...{ id, version: steering?.version ?? 0, state, group, jobType, workflow, priority, notBefore },
      ...{ deferredUntil, steering, totals, datasets, workOrders, wait },
      ...(end === undefined ? {} : { end }),
    };
  }

  /** What is done for a job that waits for nothing. */
  private goesOn(
    { state, totals, planned = 0, updatedAt }: PlannableJob,
    { released = 0 }: WorkOrderCounts,
    bytes: { readonly total: number; readonly done: number },
  ): WaitReason[] {
    if (released > 0) return [runningReason(bytes, this.clock.now())];
    if (state !== 'accepted' || totals === undefined) return [];
    const facts = { planned, datasets: totals.datasets };
    const message = `nothing: ${planned} of ${totals.datasets} datasets are planned`;
    return [{ code: 'plan.running', since: updatedAt, facts, message }];
  }

  private async endOf(jobId: string): Promise<EndEstimate | undefined> {
    const now = this.clock.now();
    const [mine, all, outside] = await Promise.all([
      this.figures.left(jobId),
      this.figures.left(),
      this.figures.isOutside(jobId),
    ]);
    const done = await this.figures.done([...mine.keys()], new Date(now.getTime() - window), now);
    return estimateEnd({ now: now.getTime(), done, mine, all, outside });
  }
}
