import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, TargetName } from '../fields.js';

/** The order was stopped before it was done; nothing of it is left. */
export class CopyCancelledV1 {
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  /** The attempt of the command that this answers: what was decided since then is not decided again. */
  @Attempt()
  attempt: number;
}

export const copyCancelledV1 = defineEvent({
  type: 'archival.copy-cancelled.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyCancelledV1,
  summary: 'The order was stopped before it was done; nothing of it is left.',
});
