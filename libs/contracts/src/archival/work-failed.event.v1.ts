import { IsIn } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { DatasetPid, ErrorCode, JobId, Sentence, WorkOrderId } from '../fields.js';
import { faultKinds, type FaultKind } from '../vocabulary.js';

/** The work order cannot succeed until data, request or configuration are changed. */
export class WorkFailedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @ErrorCode()
  code: string;

  @Sentence()
  message: string;

  /** `user`: the data or the request is wrong; `system`: the facility's storage or network is. */
  @IsIn(faultKinds)
  fault: FaultKind;
}

export const workFailedV1 = defineEvent({
  type: 'archival.work-failed.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: WorkFailedV1,
  summary: 'The work order cannot succeed until data, request or configuration are changed.',
});
