import { IsISO8601, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, Sha256, WorkOrderId } from '../fields.js';

/** The datablock, or a part of it, lies verified in the retrieval bucket until it expires. */
export class DatablockRetrievedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Bytes of the tar. */
  @Count()
  packedSize: number;

  @Sha256()
  sha256: string;

  /** A signed link that expires. */
  @IsString()
  @MaxLength(4000)
  url: string;

  @IsISO8601({ strict: true })
  expiresAt: string;

  /** Of a part: how many files are in it. `packedSize` and `sha256` are those of the part. Absent: the whole datablock. */
  @IsOptional()
  @Count()
  @Min(1)
  files?: number;

  /** Of a part: what it is called. Absent: the whole datablock. */
  @IsOptional()
  @IsString()
  @MaxLength(300)
  name?: string;
}

export const datablockRetrievedV1 = defineEvent({
  type: 'archival.datablock-retrieved.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: DatablockRetrievedV1,
  summary: 'The datablock, or a part of it, lies verified in the retrieval bucket until it expires.',
});
