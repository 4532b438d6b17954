import { defineMessage } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** Every datablock of the dataset lies verified in the retrieval bucket. */
export class DatasetRetrievedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetRetrievedV1 = defineMessage({
  type: 'assembly.dataset-retrieved.v1',
  kind: 'event',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  payload: DatasetRetrievedV1,
  summary: 'Every datablock of the dataset lies verified in the retrieval bucket.',
});
