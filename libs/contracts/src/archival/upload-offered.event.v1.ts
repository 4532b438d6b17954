import { IsISO8601, IsString, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** An outside worker may put the datablock at this link until it expires; what it puts there counts only once it was read. */
export class UploadOfferedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** A signed link for one PUT. */
  @IsString()
  @MaxLength(4000)
  url: string;

  @IsISO8601({ strict: true })
  expiresAt: string;
}

export const uploadOfferedV1 = defineEvent({
  type: 'archival.upload-offered.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: UploadOfferedV1,
  summary:
    'An outside worker may put the datablock at this link until it expires; what it puts there counts only once it was read.',
});
