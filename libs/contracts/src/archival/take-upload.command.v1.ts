import { IsOptional, IsString, MaxLength } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';
import { datablockRetrievedV1 } from './datablock-retrieved.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** An outside worker says that it has put the datablock at a link that was offered: read what lies there, and if it is what was archived, make it the retrieved copy. */
export class TakeUploadV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** The work order that offered the link. */
  @WorkOrderId()
  offer: string;

  /** Whose quota of the retrieval area it is counted in; absent: nobody's. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  group?: string;
}

export const takeUploadV1 = defineCommand({
  type: 'archival.take-upload.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [datablockRetrievedV1, workFailedV1, workCancelledV1],
  payload: TakeUploadV1,
  summary:
    'An outside worker says that it has put the datablock at a link that was offered: read what lies there, and if it is what was archived, make it the retrieved copy.',
});
