import { IsIn } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';
import { type Workflow, workflows } from '../vocabulary.js';

/** Work on the dataset begins: the catalogue shows `started`. */
export class DatasetStartedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @IsIn(workflows)
  workflow: Workflow;
}

export const datasetStartedV1 = defineEvent({
  type: 'assembly.dataset-started.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 1 },
  payload: DatasetStartedV1,
  summary: 'Work on the dataset begins: the catalogue shows `started`.',
});
