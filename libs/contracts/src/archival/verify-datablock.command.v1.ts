import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, TargetNames, WorkOrderId } from '../fields.js';
import { datablockVerifiedV1 } from './datablock-verified.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** Read every copy of the datablock again and compare. */
export class VerifyDatablockV1 {
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
}

export const verifyDatablockV1 = defineCommand({
  type: 'archival.verify-datablock.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [datablockVerifiedV1, workFailedV1, workCancelledV1],
  payload: VerifyDatablockV1,
  summary: 'Read every copy of the datablock again and compare.',
});
