import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import type { DatasetTask } from '../aggregates/records.js';
import { planOf, WorkOrders, type SettledCounts } from '../aggregates/work-orders.js';
import { outcomeOfWork } from '../domain/outcomes.js';
import { DraftRelease } from '../release-work/draft-release.js';
import { DatasetEnding } from './dataset-ending.js';
import { DatasetSubmission } from './dataset-submission.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';

/** Brings a dataset as far as the states of its work orders let it. */
@Injectable()
export class DatasetSettling {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly drafts: DraftRelease,
    private readonly unregistered: UnregisteredDatablocks,
    private readonly ending: DatasetEnding,
    private readonly submission: DatasetSubmission,
  ) {}

  /** Can be repeated. */
  async settle(taskId: string): Promise<void> {
    const task = await this.tasks.find(taskId);
    if (task?.state !== 'running') return;
    // Before anything is counted: who finds nothing to follow finds, in the counts, what another one has made of it.
    await this.drafts.followUp(task);
    const counts = await this.orders.countsToSettle(planOf(task));
    // Another one has become done since, and its copies at outside targets are still to be made.
    if ((counts.toFollow ?? 0) > 0) return this.settle(taskId);
    if ((counts.drafted ?? 0) > 0) {
      await this.drafts.release(task);
      return this.settle(taskId);
    }
    if ((counts.failed ?? 0) > 0 && (counts.planned ?? 0) > 0) {
      await this.orders.cancelPlanned({ taskId });
      return this.settle(taskId);
    }
    const end = isEmptyReset(task, counts) ? 'succeeded' : outcomeOfWork(counts);
    if (end === 'failed')
      await this.ending.end(taskId, 'running', 'failed', await this.orders.firstFault(taskId));
    else if (end === 'cancelled') {
      await this.unregistered.discard(taskId);
      await this.ending.end(taskId, 'running', 'cancelled');
    } else if (end === 'succeeded') {
      if (!(await this.isStill(task, counts))) return this.settle(taskId);
      await this.succeed(task, counts);
    }
  }

  /**
   * One that moves on while it is counted may be counted nowhere. What is counted twice, with nothing to follow in between, was all
   * over at the second time: then nothing moves any more.
   */
  private async isStill(task: DatasetTask, counts: SettledCounts): Promise<boolean> {
    await this.drafts.followUp(task);
    return isDeepStrictEqual(await this.orders.countsToSettle(planOf(task)), counts);
  }

  private succeed(task: DatasetTask, { done = 0 }: SettledCounts): Promise<void> {
    return task.workflow === 'archive' || task.workflow === 'reset'
      ? this.submission.submit(task, done)
      : this.ending.end(task._id, 'running', 'succeeded');
  }
}

/** A dataset that was never archived has nothing to take away, and is reset all the same. */
function isEmptyReset({ workflow }: DatasetTask, counts: SettledCounts): boolean {
  return workflow === 'reset' && Object.values(counts).every((count) => count === 0);
}
