import { defineEvent } from '../define-message.js';
import { DatasetPid, ErrorCode, JobId, Sentence } from '../fields.js';

/** The catalogue cannot list the dataset's datablocks, and trying again would not help. Its originals stay. */
export class DatasetRegistrationRefusedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @ErrorCode()
  code: string;

  @Sentence()
  message: string;
}

export const datasetRegistrationRefusedV1 = defineEvent({
  type: 'catalog.dataset-registration-refused.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'pid',
  order: { within: 'jobId', place: 0 },
  payload: DatasetRegistrationRefusedV1,
  summary:
    "The catalogue cannot list the dataset's datablocks, and trying again would not help. Its originals stay.",
});
