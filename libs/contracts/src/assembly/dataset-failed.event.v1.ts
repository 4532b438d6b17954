import { IsIn } from 'class-validator';
import { defineMessage } from '../define-message.js';
import { DatasetPid, ErrorCode, JobId, Sentence } from '../fields.js';
import { faultKinds, type FaultKind, type Workflow, workflows } from '../vocabulary.js';

/** The dataset's part of the job ended without success; nothing of it was released or registered. */
export class DatasetFailedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @IsIn(workflows)
  workflow: Workflow;

  @ErrorCode()
  code: string;

  @Sentence()
  message: string;

  /** `user`: the data or the request is wrong; `system`: the facility's storage or network is. */
  @IsIn(faultKinds)
  fault: FaultKind;
}

export const datasetFailedV1 = defineMessage({
  type: 'assembly.dataset-failed.v1',
  kind: 'event',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  payload: DatasetFailedV1,
  summary: "The dataset's part of the job ended without success; nothing of it was released or registered.",
});
