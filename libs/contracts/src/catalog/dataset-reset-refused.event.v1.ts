import { defineEvent } from '../define-message.js';
import { DatasetPid, ErrorCode, JobId, Sentence } from '../fields.js';

/** The catalogue keeps the dataset's datablocks on its list, and trying again would not help. Its tapes stay where they are. */
export class DatasetResetRefusedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @ErrorCode()
  code: string;

  @Sentence()
  message: string;
}

export const datasetResetRefusedV1 = defineEvent({
  type: 'catalog.dataset-reset-refused.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'pid',
  order: { within: 'jobId', place: 0 },
  payload: DatasetResetRefusedV1,
  summary:
    "The catalogue keeps the dataset's datablocks on its list, and trying again would not help. Its tapes stay where they are.",
});
