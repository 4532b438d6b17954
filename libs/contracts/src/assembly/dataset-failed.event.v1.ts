import { IsIn } from 'class-validator';
import { defineEvent } from '../define-message.js';
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

export const datasetFailedV1 = defineEvent({
  type: 'assembly.dataset-failed.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 3 },
  payload: DatasetFailedV1,
  summary: "The dataset's part of the job ended without success; nothing of it was released or registered.",
});
