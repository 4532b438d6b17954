import { IsOptional } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, TargetName, TargetNames, WorkOrderId } from '../fields.js';
import { datablockRepairedV1 } from './datablock-repaired.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** Read every copy of the datablock, and mend those that are damaged or missing from one that proves good. */
export class RepairDatablockV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Where its copies lie; absent: the archiver knows best. */
  @TargetNames()
  targets?: string[];

  /** The only target on which a copy is mended; absent: all. */
  @IsOptional()
  @TargetName()
  only?: string;
}

export const repairDatablockV1 = defineCommand({
  type: 'archival.repair-datablock.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [datablockRepairedV1, workFailedV1, workCancelledV1],
  payload: RepairDatablockV1,
  summary:
    'Read every copy of the datablock, and mend those that are damaged or missing from one that proves good.',
});
