import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** Every datablock of the dataset was read again from long-term storage and agreed with its checksum. */
export class DatasetVerifiedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetVerifiedV1 = defineEvent({
  type: 'assembly.dataset-verified.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 3 },
  payload: DatasetVerifiedV1,
  summary:
    'Every datablock of the dataset was read again from long-term storage and agreed with its checksum.',
});
