import { defineEvent } from '../define-message.js';
import { Count, DatasetPid, JobId, Nested } from '../fields.js';
import { ObjectReference } from '../object-reference.js';

/** Which datablocks a reset takes away is written down. The catalogue may take exactly these off its list; the tapes come after. */
export class DatasetResetPreparedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** 0 for a dataset that was never archived. */
  @Count()
  datablockCount: number;

  /** NDJSON, one line a datablock: its archiveId. */
  @Nested(() => ObjectReference)
  datablocks: ObjectReference;
}

export const datasetResetPreparedV1 = defineEvent({
  type: 'assembly.dataset-reset-prepared.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 2 },
  payload: DatasetResetPreparedV1,
  summary:
    'Which datablocks a reset takes away is written down. The catalogue may take exactly these off its list; the tapes come after.',
});
