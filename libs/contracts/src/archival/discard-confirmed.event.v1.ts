import { defineEvent } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** The discarded datablock is gone for good, and nothing of it was kept, or is needed, here. */
export class DiscardConfirmedV1 {
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

export const discardConfirmedV1 = defineEvent({
  type: 'archival.discard-confirmed.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: DiscardConfirmedV1,
  summary: 'The discarded datablock is gone for good, and nothing of it was kept, or is needed, here.',
});
