import { Injectable } from '@nestjs/common';
import { datasetStartedV1, type FaultKind } from '#contracts';
import { CatenaError, Clock, codeOf, crashPoint, isRetriable, messageOf } from '#kernel';
import { currentContext } from '#messaging';
import { eventRow } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import type { PlannableJob } from '../aggregates/jobs.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { DatasetEnding } from '../settle-results/dataset-ending.js';
import { DatasetSettling } from '../settle-results/dataset-settling.js';
import { DatasetDrafts, overtaken, planTaken, type Entry, type Plan } from './dataset-drafts.js';
import { ReleasesBeforeReset } from './releases-before-reset.js';

/** Plans one dataset. Repeating it after a crash makes the same work orders. */
@Injectable()
export class DatasetPlanner {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly drafts: DatasetDrafts,
    private readonly releases: ReleasesBeforeReset,
    private readonly settling: DatasetSettling,
    private readonly ending: DatasetEnding,
    private readonly clock: Clock,
  ) {}

  /**
   * @param keepLease called between steps, so that no other planner takes the job meanwhile; should one do so all the same,
   * the newer one wins
   */
  async plan(job: PlannableJob, taskId: string, entry: Entry, keepLease: () => Promise<void>): Promise<void> {
    const { _id: jobId, workflow } = job;
    const task = await this.tasks.begin(
      { _id: taskId, jobId, pid: entry.pid, workflow, context: currentContext() },
      this.clock.now(),
    );
    // Its plan was complete; the release of it may have been cut off.
    if (task.state === 'running') return this.settling.settle(taskId);
    if (task.state !== 'planning') return;
    const planner = await this.tasks.takeOver(taskId);
    if (job.cancelRequested) return this.cancel(taskId, planner);
    if (planner === undefined) throw overtaken(taskId);
    const plan: Plan = { job, taskId, planner, keepLease };
    try {
      // What an earlier planner still drafts from here on never becomes work; a newer one may have drafted already.
      await this.orders.discardDraftsBefore(taskId, planner);
      if (workflow === 'reset') await this.releases.end(entry.pid);
      const bytes = await this.drafts.draftAll(plan, entry);
      await this.start(plan, entry.pid, bytes);
    } catch (error) {
      const wasOvertaken = error instanceof CatenaError && error.code === planTaken;
      if (isRetriable(error) && !wasOvertaken) throw error;
      // Once the dataset is planned, or over, no other planner looks for them.
      await this.orders.discardDrafts(taskId, planner);
      if (wasOvertaken) throw error;
      const code = codeOf(error, 'assembly.unexpected-error');
      const fault = { code, message: messageOf(error), fault: faultOf(code) };
      await this.ending.end(taskId, 'planning', 'failed', fault, planner);
      // Still there: a newer planner has it, and what this one met says nothing about it any more.
      if ((await this.tasks.find(taskId))?.state === 'planning') throw overtaken(taskId);
    }
  }

  /**
   * Of a cancelled job. Once it is taken over no slower planner can start it: what that one drafted, after the drafts of the job
   * were cancelled, is in nobody's plan.
   *
   * @param planner undefined: it was started, or ended, in between
   */
  private async cancel(taskId: string, planner: number | undefined): Promise<void> {
    if (planner === undefined) return this.settling.settle(taskId);
    await this.orders.discardDraftsBefore(taskId, planner);
    await this.ending.end(taskId, 'planning', 'cancelled');
  }

  private async start({ job, taskId, planner }: Plan, pid: string, bytes: number): Promise<void> {
    const now = this.clock.now();
    const event = eventRow(datasetStartedV1, { jobId: job._id, pid, workflow: job.workflow }, now);
    if (!(await this.tasks.start(taskId, { planner, bytes, event, now }))) throw overtaken(taskId);
    crashPoint('assembler.after-task-start');
    await this.settling.settle(taskId);
  }
}

const userCodes = new Set([
  'assembly.partial-archive',
  'assembly.partial-reset',
  'assembly.partial-verify',
  'assembly.partial-repair',
  'assembly.partial-migrate',
  'assembly.files-not-archived',
  'assembly.files-unlisted',
  'assembly.dataset-empty',
  'assembly.not-archived',
  'assembly.duplicate-path',
  'assembly.source-refused',
  'kernel.unsafe-path',
  'routes.none',
  'routes.too-few-targets',
  'routes.targets-unnamed',
  'routes.target-unknown',
  'routes.target-outside',
  'routes.same-target',
]);

function faultOf(code: string): FaultKind {
  return userCodes.has(code) ? 'user' : 'system';
}
