import { Injectable } from '@nestjs/common';
import {
  datasetArchivedV1,
  datasetResetPreparedV1,
  type DatablockLine,
  type ObjectReference,
  type ResetLine,
} from '#contracts';
import { Clock, crashPoint, TransientError } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import type { DatasetTask, WorkOrder } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ClaimChecks } from '#claim-check';

/** Submits datasets to the catalogue whose part is over only when the catalogue says so: archived ones, and those to be reset. */
@Injectable()
export class DatasetSubmission {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly claimChecks: ClaimChecks,
    private readonly clock: Clock,
  ) {}

  /**
   * All datablocks are verified: the catalogue may register them. Or the plan of a reset is complete: it may take them off its
   * list.
   *
   * @param expected how many work orders are done
   * @throws TransientError `assembly.list-incomplete`
   */
  async submit(task: DatasetTask, expected: number): Promise<void> {
    const { _id: taskId, workflow } = task;
    const lines: (DatablockLine | ResetLine)[] = [];
    let packedSize = 0;
    let others = 0;
    for await (const order of this.orders.done(taskId)) {
      // Another copy of a datablock of the list.
      if (order.outside !== undefined) {
        others += 1;
        continue;
      }
      const line = workflow === 'reset' ? { archiveId: order.archiveId } : datablockLine(order);
      if (line === undefined) continue;
      lines.push(line);
      packedSize += order.result?.packedSize ?? 0;
    }
    if (lines.length + others !== expected)
      throw new TransientError(
        'assembly.list-incomplete',
        `Expected ${expected - others} datablocks of ${taskId}, read ${lines.length}; they are read again.`,
      );
    const datablocks = await this.claimChecks.keepLines(`results/${taskId}.ndjson`, lines);
    const now = this.clock.now();
    await this.tasks.submit(
      taskId,
      submission(task, { count: lines.length, packedSize, datablocks }, now),
      now,
    );
    crashPoint('assembler.after-task-end');
  }
}

function datablockLine({ archiveId, result }: WorkOrder): DatablockLine | undefined {
  if (result?.kind !== 'archive') return undefined;
  const { size, packedSize, sha256, manifest } = result;
  return { archiveId, size, packedSize, sha256, manifest };
}

function submission(
  { jobId, pid, workflow, context }: DatasetTask,
  list: { readonly count: number; readonly packedSize: number; readonly datablocks: ObjectReference },
  now: Date,
): OutboxRow {
  const { count: datablockCount, packedSize, datablocks } = list;
  return workflow === 'reset'
    ? eventRow(datasetResetPreparedV1, { jobId, pid, datablockCount, datablocks }, now, context)
    : eventRow(datasetArchivedV1, { jobId, pid, datablockCount, packedSize, datablocks }, now, context);
}
