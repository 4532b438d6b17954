import { defineMessage } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** The catalogue lists no datablock of the dataset any more and says it was never archived. Only from here on may the tapes be set aside. */
export class DatasetResetV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetResetV1 = defineMessage({
  type: 'catalog.dataset-reset.v1',
  kind: 'event',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  payload: DatasetResetV1,
  summary:
    'The catalogue lists no datablock of the dataset any more and says it was never archived. Only from here on may the tapes be set aside.',
});
