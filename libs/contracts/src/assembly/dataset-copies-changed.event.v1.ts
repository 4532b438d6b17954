import { IsIn } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';
import { type Workflow, workflows } from '../vocabulary.js';

/** What the job was to do with the copies of the dataset on long-term storage is done: all are good, or lie where they should. What the catalogue says of the dataset stays. */
export class DatasetCopiesChangedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @IsIn(workflows)
  workflow: Workflow;
}

export const datasetCopiesChangedV1 = defineEvent({
  type: 'assembly.dataset-copies-changed.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 3 },
  payload: DatasetCopiesChangedV1,
  summary:
    'What the job was to do with the copies of the dataset on long-term storage is done: all are good, or lie where they should. What the catalogue says of the dataset stays.',
});
