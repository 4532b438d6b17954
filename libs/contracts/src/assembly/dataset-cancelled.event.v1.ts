import { IsIn } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';
import { type Workflow, workflows } from '../vocabulary.js';

/** The dataset's part of the job was cancelled before it was complete: the flags from before the job are true again. */
export class DatasetCancelledV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @IsIn(workflows)
  workflow: Workflow;
}

export const datasetCancelledV1 = defineEvent({
  type: 'assembly.dataset-cancelled.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 3 },
  payload: DatasetCancelledV1,
  summary:
    "The dataset's part of the job was cancelled before it was complete: the flags from before the job are true again.",
});
