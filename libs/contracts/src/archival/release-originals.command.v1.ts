import { IsOptional } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, Nested, WorkOrderId } from '../fields.js';
import { ObjectReference } from '../object-reference.js';
import { OriginalsSource } from '../originals-source.js';
import { originalsReleasedV1 } from './originals-released.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** The datablock is verified and registered: its originals in the landing zone may go. */
export class ReleaseOriginalsV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** The datablock whose originals may go. */
  @IsOptional()
  @ArchiveId()
  archiveId?: string;

  @Nested(() => OriginalsSource)
  source: OriginalsSource;

  /** The same list the datablock was packed from. */
  @Nested(() => ObjectReference)
  files: ObjectReference;
}

export const releaseOriginalsV1 = defineCommand({
  type: 'archival.release-originals.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: { beforeLastSlashOf: 'workOrderId' },
  order: { within: { beforeLastSlashOf: 'workOrderId' }, place: 3 },
  answers: [originalsReleasedV1, workFailedV1, workCancelledV1],
  payload: ReleaseOriginalsV1,
  summary: 'The datablock is verified and registered: its originals in the landing zone may go.',
});
