import { defineMessage } from '../define-message.js';
import { JobId, WorkOrderId } from '../fields.js';

/** Stop the work order if it is not done; it ends as cancelled, or as done if it was quicker. */
export class CancelWorkV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;
}

export const cancelWorkV1 = defineMessage({
  type: 'archival.cancel-work.v1',
  kind: 'command',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  payload: CancelWorkV1,
  summary: 'Stop the work order if it is not done; it ends as cancelled, or as done if it was quicker.',
});
