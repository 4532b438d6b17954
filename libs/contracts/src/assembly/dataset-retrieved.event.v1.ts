import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** Every datablock of the dataset lies verified in the retrieval bucket. */
export class DatasetRetrievedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetRetrievedV1 = defineEvent({
  type: 'assembly.dataset-retrieved.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 3 },
  payload: DatasetRetrievedV1,
  summary: 'Every datablock of the dataset lies verified in the retrieval bucket.',
});
