import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** The catalogue lists no datablock of the dataset any more and says it was never archived. Only from here on may the tapes be set aside. */
export class DatasetResetV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetResetV1 = defineEvent({
  type: 'catalog.dataset-reset.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'pid',
  order: { within: 'jobId', place: 0 },
  payload: DatasetResetV1,
  summary:
    'The catalogue lists no datablock of the dataset any more and says it was never archived. Only from here on may the tapes be set aside.',
});
