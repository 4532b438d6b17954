import { Injectable } from '@nestjs/common';
import {
  datasetCancelledV1,
  datasetCopiesChangedV1,
  datasetFailedV1,
  datasetRetrievedV1,
  datasetVerifiedV1,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { DatasetTasks, type OpenTaskState, type TaskEnd } from '../aggregates/dataset-tasks.js';
import type { DatasetTask, Fault } from '../aggregates/records.js';
import { noteDatasetFailed } from '../counters/assembler-counters.js';
import { Certification } from './certification.js';
import { JobEnding } from './job-ending.js';

const unrecorded: Fault = {
  code: 'assembly.unexpected-error',
  message: 'The reason was not recorded.',
  fault: 'system',
};

/** Ends a dataset's part of a job, which may be the last one. */
@Injectable()
export class DatasetEnding {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly jobs: JobEnding,
    private readonly certification: Certification,
    private readonly clock: Clock,
  ) {}

  /**
   * Its state and the message about it in one write. One that is not in the state `from` stays as it is.
   *
   * @param planner fencing token of the planner that decides it: one that a newer planner has taken over stays as it is, too
   */
  async end(
    taskId: string,
    from: OpenTaskState,
    to: TaskEnd,
    fault?: Fault,
    planner?: number,
  ): Promise<void> {
    const now = this.clock.now();
    const task = await this.tasks.find(taskId);
    if (task === undefined) return;
    if (to !== 'cancelled' && task.state === from) await this.certification.ask(task, to);
    const event = endOf(task, to, fault, now);
    const isEnded = await this.tasks.end(taskId, from, to, { now, event, fault, planner });
    if (to === 'failed' && isEnded)
      noteDatasetFailed({ workflow: task.workflow, fault: (fault ?? unrecorded).fault });
    crashPoint('assembler.after-task-end');
    await this.jobs.settle(task.jobId);
  }
}

/** Nothing is said of success where the catalogue itself has brought it about. */
function endOf(
  { jobId, pid, workflow, context }: DatasetTask,
  to: TaskEnd,
  fault: Fault = unrecorded,
  now: Date,
): OutboxRow | undefined {
  if (to === 'cancelled') return eventRow(datasetCancelledV1, { jobId, pid, workflow }, now, context);
  if (to === 'failed') {
    const message = fault.message.slice(0, 2000);
    const { code, fault: kind } = fault;
    return eventRow(datasetFailedV1, { jobId, pid, workflow, code, message, fault: kind }, now, context);
  }
  if (workflow === 'retrieve') return eventRow(datasetRetrievedV1, { jobId, pid }, now, context);
  if (workflow === 'repair' || workflow === 'migrate')
    return eventRow(datasetCopiesChangedV1, { jobId, pid, workflow }, now, context);
  return workflow === 'verify' ? eventRow(datasetVerifiedV1, { jobId, pid }, now, context) : undefined;
}
