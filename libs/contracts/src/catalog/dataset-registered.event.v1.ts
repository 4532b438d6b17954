import { defineEvent } from '../define-message.js';
import { DatasetPid, JobId } from '../fields.js';

/** The catalogue lists every verified datablock of the dataset and says it is retrievable. Only from here on may originals be released. */
export class DatasetRegisteredV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;
}

export const datasetRegisteredV1 = defineEvent({
  type: 'catalog.dataset-registered.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'pid',
  order: { within: 'jobId', place: 0 },
  payload: DatasetRegisteredV1,
  summary:
    'The catalogue lists every verified datablock of the dataset and says it is retrievable. Only from here on may originals be released.',
});
