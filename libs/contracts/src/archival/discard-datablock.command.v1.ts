import { IsOptional } from 'class-validator';
import { defineMessage } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** The datablock was never registered and never will be (its job was cancelled, or failed for good): remove its copies. */
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
}

export const discardDatablockV1 = defineMessage({
  type: 'archival.discard-datablock.v1',
  kind: 'command',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  payload: DiscardDatablockV1,
  summary:
    'The datablock was never registered and never will be (its job was cancelled, or failed for good): remove its copies.',
});
