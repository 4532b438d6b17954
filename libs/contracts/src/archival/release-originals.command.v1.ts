import { IsOptional } from 'class-validator';
import { defineMessage } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, Nested, WorkOrderId } from '../fields.js';
import { ObjectReference } from '../object-reference.js';
import { OriginalsSource } from '../originals-source.js';

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

export const releaseOriginalsV1 = defineMessage({
  type: 'archival.release-originals.v1',
  kind: 'command',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  payload: ReleaseOriginalsV1,
  summary: 'The datablock is verified and registered: its originals in the landing zone may go.',
});
