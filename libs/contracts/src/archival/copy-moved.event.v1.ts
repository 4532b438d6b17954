import { defineEvent } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, TargetNames, WorkOrderId } from '../fields.js';

/** A copy of the datablock lies on another target now: it was read back there before the old one was set aside. */
export class CopyMovedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Where its copies lie now. */
  @TargetNames()
  targets?: string[];

  /** Rises each time a copy of the datablock comes to a target, or leaves one: what was said with a higher number counts. */
  @Count()
  placement: number;

  @Count()
  packedSize: number;
}

export const copyMovedV1 = defineEvent({
  type: 'archival.copy-moved.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: CopyMovedV1,
  summary:
    'A copy of the datablock lies on another target now: it was read back there before the old one was set aside.',
});
