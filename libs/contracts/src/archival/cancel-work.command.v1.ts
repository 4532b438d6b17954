import { defineCommand } from '../define-message.js';
import { JobId, WorkOrderId } from '../fields.js';

/** Stop the work order if it is not done; it ends as cancelled, or as done if it was quicker. */
export class CancelWorkV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;
}

export const cancelWorkV1 = defineCommand({
  type: 'archival.cancel-work.v1',
  emitter: 'job-assembler',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 1 },
  answers: [],
  payload: CancelWorkV1,
  summary: 'Stop the work order if it is not done; it ends as cancelled, or as done if it was quicker.',
});
