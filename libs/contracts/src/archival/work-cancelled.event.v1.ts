import { IsOptional } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { ArchiveId, JobId, WorkOrderId } from '../fields.js';

/** The work order was stopped before it was done; nothing of it is left. */
export class WorkCancelledV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  /** Of an order to discard: the datablock that is gone; absent: it was not this order that took it away. */
  @IsOptional()
  @ArchiveId()
  archiveId?: string;
}

export const workCancelledV1 = defineEvent({
  type: 'archival.work-cancelled.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: WorkCancelledV1,
  summary: 'The work order was stopped before it was done; nothing of it is left.',
});
