import { defineEvent } from '../define-message.js';
import { ArchiveId, Count, DatasetPid, JobId, TargetNames, WorkOrderId } from '../fields.js';

/** Every copy of the datablock that the order is about was read and is good: those that were not were mended from one that proved good. */
export class DatablockRepairedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Copies that were mended; 0 where all were good. */
  @Count()
  mended: number;

  /** Where those lie; absent without ROUTES_FILE. */
  @TargetNames()
  repaired?: string[];

  /** Where its copies lie; absent without ROUTES_FILE. */
  @TargetNames()
  targets?: string[];

  /** Rises each time a copy of the datablock comes to a target, or leaves one: what was said with a higher number counts. */
  @Count()
  placement: number;

  @Count()
  packedSize: number;
}

export const datablockRepairedV1 = defineEvent({
  type: 'archival.datablock-repaired.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: DatablockRepairedV1,
  summary:
    'Every copy of the datablock that the order is about was read and is good: those that were not were mended from one that proved good.',
});
