import { IsOptional, IsString, MaxLength } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, Nested, TargetNames, WorkOrderId } from '../fields.js';
import { Selection } from './selection.js';
import { datablockRetrievedV1 } from './datablock-retrieved.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** Bring the datablock, or a part of it, back from long-term storage into the retrieval bucket, compared with its checksum on the way. */
export class RetrieveDatablockV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Where its copies lie, best one first; absent: the archiver knows best. */
  @TargetNames()
  targets?: string[];

  /** Which of its files are wanted; absent: all. */
  @IsOptional()
  @Nested(() => Selection)
  selection?: Selection;

  /** Whose quota of the retrieval area it is counted in; absent: nobody's, as before 0.8. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  group?: string;

  /** Bytes that its job wants in the retrieval bucket in all, as far as they are known by now: room is kept for them from its first copy on; absent: as for a job of one copy. */
  @IsOptional()
  @Count()
  together?: number;
}

export const retrieveDatablockV1 = defineCommand({
  type: 'archival.retrieve-datablock.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [datablockRetrievedV1, workFailedV1, workCancelledV1],
  payload: RetrieveDatablockV1,
  summary:
    'Bring the datablock, or a part of it, back from long-term storage into the retrieval bucket, compared with its checksum on the way.',
});
