import { IsOptional } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, Nested, Sha256, TargetNames, WorkOrderId } from '../fields.js';
import { ObjectReference } from '../object-reference.js';

/** All copies of the datablock are on long-term storage, and each was read back and compared, byte for byte by checksum. */
export class DatablockArchivedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Bytes of the files inside. */
  @Count()
  size: number;

  /** Bytes of the tar. */
  @Count()
  packedSize: number;

  @Count()
  fileCount: number;

  /** Checksum of the tar. */
  @Sha256()
  sha256: string;

  @Count()
  copies: number;

  /** manifest.json of the datablock. */
  @Nested(() => ObjectReference)
  manifest: ObjectReference;

  /** Where its copies lie, in the order of preference for reading; absent where targets have no names. */
  @TargetNames()
  targets?: string[];

  /** How often a copy came or went since it was archived first: of two words on `targets` the higher one counts. Absent: never. */
  @IsOptional()
  @Count()
  placement?: number;
}

export const datablockArchivedV1 = defineEvent({
  type: 'archival.datablock-archived.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: DatablockArchivedV1,
  summary:
    'All copies of the datablock are on long-term storage, and each was read back and compared, byte for byte by checksum.',
});
