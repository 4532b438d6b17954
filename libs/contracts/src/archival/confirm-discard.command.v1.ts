import { defineCommand } from '../define-message.js';
import { ArchiveId, DatasetPid, JobId, WorkOrderId } from '../fields.js';
import { discardConfirmedV1 } from './discard-confirmed.event.v1.js';
import { workFailedV1 } from './work-failed.event.v1.js';
import { workCancelledV1 } from './work-cancelled.event.v1.js';

/** The datablock was discarded: say when nothing of it is kept any more, so that the copies which others store may go as well. */
export class ConfirmDiscardV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;
}

export const confirmDiscardV1 = defineCommand({
  type: 'archival.confirm-discard.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [discardConfirmedV1, workFailedV1, workCancelledV1],
  payload: ConfirmDiscardV1,
  summary:
    'The datablock was discarded: say when nothing of it is kept any more, so that the copies which others store may go as well.',
});
