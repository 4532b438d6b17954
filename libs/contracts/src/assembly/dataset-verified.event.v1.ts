import { defineMessage } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** Every datablock of the dataset was read again from long-term storage and agreed with its checksum. */
export class DatasetVerifiedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetVerifiedV1 = defineMessage({
  type: 'assembly.dataset-verified.v1',
  kind: 'event',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  payload: DatasetVerifiedV1,
  summary:
    'Every datablock of the dataset was read again from long-term storage and agreed with its checksum.',
});
