import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';
import { uploadOfferedV1 } from './upload-offered.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** Give a link at which an outside worker can put the datablock, which it recalls from its storage. */
export class OfferUploadV1 {
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

export const offerUploadV1 = defineCommand({
  type: 'archival.offer-upload.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [uploadOfferedV1, workFailedV1, workCancelledV1],
  payload: OfferUploadV1,
  summary: 'Give a link at which an outside worker can put the datablock, which it recalls from its storage.',
});
