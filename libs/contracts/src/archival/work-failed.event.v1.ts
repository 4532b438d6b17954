import { IsIn } from 'class-validator';
import { defineMessage } from '../define-message.js';
import { DatasetPid, ErrorCode, JobId, Sentence, WorkOrderId } from '../fields.js';
import { faultKinds, type FaultKind } from '../vocabulary.js';

/** The work order cannot succeed without somebody changing something. */
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

export const workFailedV1 = defineMessage({
  type: 'archival.work-failed.v1',
  kind: 'event',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  payload: WorkFailedV1,
  summary: 'The work order cannot succeed without somebody changing something.',
});
