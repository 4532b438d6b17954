import { defineMessage } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** Read every copy of the datablock again and compare. */
export class VerifyDatablockV1 {
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

export const verifyDatablockV1 = defineMessage({
  type: 'archival.verify-datablock.v1',
  kind: 'command',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  payload: VerifyDatablockV1,
  summary: 'Read every copy of the datablock again and compare.',
});
