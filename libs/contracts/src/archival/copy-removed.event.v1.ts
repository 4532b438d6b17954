import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, TargetName } from '../fields.js';

/** The copy is no longer at the target. */
export class CopyRemovedV1 {
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  /** The attempt of the command that this answers: what was decided since then is not decided again. */
  @Attempt()
  attempt: number;
}

export const copyRemovedV1 = defineEvent({
  type: 'archival.copy-removed.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyRemovedV1,
  summary: 'The copy is no longer at the target.',
});
