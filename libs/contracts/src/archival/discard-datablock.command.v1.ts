import { IsBoolean, IsOptional } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** The catalogue does not list the datablock: its job was cancelled, or failed for good, or its dataset was reset. Set its copies aside. */
export class DiscardDatablockV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** The job that archived it, where that is an earlier one: a retried job uses what its predecessor archived. */
  @IsOptional()
  @JobId()
  archivedBy?: string;

  /** Its dataset was reset: the copies must not go for good before each file is known to be where it was read, or in a newer datablock. */
  @IsOptional()
  @IsBoolean()
  reset?: boolean;
}

export const discardDatablockV1 = defineCommand({
  type: 'archival.discard-datablock.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: { beforeLastSlashOf: 'workOrderId' },
  order: { within: { beforeLastSlashOf: 'workOrderId' }, place: 3 },
  answers: [workFailedV1, workCancelledV1],
  payload: DiscardDatablockV1,
  summary:
    'The catalogue does not list the datablock: its job was cancelled, or failed for good, or its dataset was reset. Set its copies aside.',
});
