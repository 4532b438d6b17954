import { Injectable } from '@nestjs/common';
import { Jobs } from '../aggregates/jobs.js';
import type { AssemblyJob, DatasetTask } from '../aggregates/records.js';
import { planOf, WorkOrders } from '../aggregates/work-orders.js';
import { Dispatcher } from './dispatcher.js';
import { OutsidePlanning } from './outside-planning.js';
import { SteeredJobs } from './steered-jobs.js';

/** Makes work of the drafts of a dataset. */
@Injectable()
export class DraftRelease {
  constructor(
    private readonly jobs: Jobs,
    private readonly orders: WorkOrders,
    private readonly steered: SteeredJobs,
    private readonly dispatcher: Dispatcher,
    private readonly outside: OutsidePlanning,
  ) {}

  /** A running dataset has a complete plan: what is drafted is work, or was done by an earlier job. Can be repeated. */
  async release(task: Pick<DatasetTask, '_id' | 'jobId' | 'planner'>): Promise<void> {
    const plan = planOf(task);
    const job = await this.jobs.find(task.jobId);
    // A planner that was overtaken may begin a dataset of a job that has failed, has ended, or was forgotten, while it slept.
    if (job === undefined || beginsNothing(job)) return this.orders.cancelDrafts(plan);
    await this.orders.finishDoneBefore(plan);
    // What an operator says from here on finds them itself.
    await this.steered.hearDrafts(task._id, job);
    // A cancel request may have come while the plan was made, when there was nothing to cancel yet.
    if (job.cancelRequested) await this.orders.cancelDrafts(plan);
    else await this.orders.planDrafts(plan);
    // One that comes in this very moment finds either drafts or planned orders, and cancels them itself.
    this.dispatcher.wake();
  }

  /** What is done at our storages may be followed by the same at those that others operate. Can be repeated. */
  async followUp(task: Pick<DatasetTask, '_id' | 'jobId' | 'planner'>): Promise<void> {
    if (await this.outside.follow(task)) this.dispatcher.wake();
  }
}

/** What an earlier job has done of it is not used either. */
function beginsNothing({ state, fault }: Pick<AssemblyJob, 'state' | 'fault'>): boolean {
  return state === 'finished' || fault !== undefined;
}
