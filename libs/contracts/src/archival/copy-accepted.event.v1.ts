import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, TargetName } from '../fields.js';

/** The worker has the order and will answer it, even if it is restarted meanwhile. This is its receipt. */
export class CopyAcceptedV1 {
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  /** The attempt of the command that this answers: what was decided since then is not decided again. */
  @Attempt()
  attempt: number;
}

export const copyAcceptedV1 = defineEvent({
  type: 'archival.copy-accepted.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyAcceptedV1,
  summary:
    'The worker has the order and will answer it, even if it is restarted meanwhile. This is its receipt.',
});
