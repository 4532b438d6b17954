import { IsIn } from 'class-validator';
import { defineMessage } from '../define-message.js';
import { Count, JobId, WorkOrderId } from '../fields.js';
import { phases, type Phase } from '../vocabulary.js';

/** How far a running work order is, at most once per second. */
export class WorkProgressedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @Count()
  bytesDone: number;

  @Count()
  bytesTotal: number;

  @IsIn(phases)
  phase: Phase;
}

export const workProgressedV1 = defineMessage({
  type: 'archival.work-progressed.v1',
  kind: 'event',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  transient: true,
  payload: WorkProgressedV1,
  summary: 'How far a running work order is, at most once per second.',
});
