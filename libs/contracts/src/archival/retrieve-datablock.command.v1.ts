import { defineMessage } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** Bring the datablock back from long-term storage into the retrieval bucket, compared with its checksum on the way. */
export class RetrieveDatablockV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;
}

export const retrieveDatablockV1 = defineMessage({
  type: 'archival.retrieve-datablock.v1',
  kind: 'command',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  payload: RetrieveDatablockV1,
  summary:
    'Bring the datablock back from long-term storage into the retrieval bucket, compared with its checksum on the way.',
});
