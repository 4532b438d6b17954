import { Injectable } from '@nestjs/common';
import { Jobs } from '../aggregates/jobs.js';
import type { DatasetTask } from '../aggregates/records.js';
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
    await this.orders.finishDoneBefore(plan);
    const job = await this.jobs.find(task.jobId);
    // What an operator says from here on finds them itself.
    if (job !== undefined) await this.steered.hearDrafts(task._id, job);
    // A cancel request may have come while the plan was made, when there was nothing to cancel yet.
    if (await this.jobs.isCancelled(task.jobId)) await this.orders.cancelDrafts(plan);
    else await this.orders.planDrafts(plan);
    // One that comes in this very moment finds either drafts or planned orders, and cancels them itself.
    this.dispatcher.wake();
  }

  /** What is done at our storages may be followed by the same at those that others operate. Can be repeated. */
  async followUp(task: Pick<DatasetTask, '_id' | 'jobId' | 'planner'>): Promise<void> {
    if (await this.outside.follow(task)) this.dispatcher.wake();
  }
}
