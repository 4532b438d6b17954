import { IsInt, Max, Min } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, Nested, TargetNames, WorkOrderId } from '../fields.js';
import { ObjectReference } from '../object-reference.js';
import { OriginalsSource } from '../originals-source.js';
import { datablockArchivedV1 } from './datablock-archived.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** Pack the listed files into one datablock, store the wanted number of copies on long-term storage, read each back and compare. */
export class ArchiveDatablockV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  @Nested(() => OriginalsSource)
  source: OriginalsSource;

  /** NDJSON, one `FileLine` a file: path, size, time and, where known, perm and sha256. */
  @Nested(() => ObjectReference)
  files: ObjectReference;

  @Count()
  fileCount: number;

  /** Bytes of all listed files. */
  @Count()
  bytes: number;

  @IsInt()
  @Min(1)
  @Max(4)
  copies: number;

  /** Where its copies go, one for each of `copies`; absent: whatever storages the archiver has, in their order. */
  @TargetNames()
  targets?: string[];
}

export const archiveDatablockV1 = defineCommand({
  type: 'archival.archive-datablock.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [datablockArchivedV1, workFailedV1, workCancelledV1],
  payload: ArchiveDatablockV1,
  summary:
    'Pack the listed files into one datablock, store the wanted number of copies on long-term storage, read each back and compare.',
});
