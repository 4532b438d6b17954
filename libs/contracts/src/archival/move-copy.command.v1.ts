import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, TargetName, WorkOrderId } from '../fields.js';
import { copyMovedV1 } from './copy-moved.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** Make a copy of the datablock on one target from one that proves good, read it back, and only then set aside the one on another target. */
export class MoveCopyV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** The target whose copy goes. */
  @TargetName()
  from: string;

  /** The target that gets one. */
  @TargetName()
  to: string;
}

export const moveCopyV1 = defineCommand({
  type: 'archival.move-copy.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [copyMovedV1, workFailedV1, workCancelledV1],
  payload: MoveCopyV1,
  summary:
    'Make a copy of the datablock on one target from one that proves good, read it back, and only then set aside the one on another target.',
});
