import { defineEvent } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** Every copy of the datablock was read again and agreed with its checksum. */
export class DatablockVerifiedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  @Count()
  copies: number;

  @Count()
  packedSize: number;
}

export const datablockVerifiedV1 = defineEvent({
  type: 'archival.datablock-verified.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: DatablockVerifiedV1,
  summary: 'Every copy of the datablock was read again and agreed with its checksum.',
});
