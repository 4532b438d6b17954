import { defineEvent } from '../define-message.js';
import { Count, DatasetPid, JobId, Nested } from '../fields.js';
import { ObjectReference } from '../object-reference.js';

/** Every datablock of the dataset lies on long-term storage, was read back and compared. The catalogue may register them. */
export class DatasetArchivedV1 {
  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @Count()
  datablockCount: number;

  /** Bytes of all tars. */
  @Count()
  packedSize: number;

  /** NDJSON, one line a datablock: archiveId, sizes, checksum and the reference of its manifest. */
  @Nested(() => ObjectReference)
  datablocks: ObjectReference;
}

export const datasetArchivedV1 = defineEvent({
  type: 'assembly.dataset-archived.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'pid',
  order: { within: 'jobId', place: 2 },
  payload: DatasetArchivedV1,
  summary:
    'Every datablock of the dataset lies on long-term storage, was read back and compared. The catalogue may register them.',
});
