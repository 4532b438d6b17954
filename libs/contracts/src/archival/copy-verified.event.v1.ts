import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, Count, Sha256, TargetName } from '../fields.js';

/** The copy at the target was read from beginning to end. It is good only if size and checksum are those of the command. */
export class CopyVerifiedV1 {
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  /** The attempt of the command that this answers: what was decided since then is not decided again. */
  @Attempt()
  attempt: number;

  /** Bytes read back from the target. */
  @Count()
  packedSize: number;

  /** Checksum of the bytes read back from the target: never that of the command. */
  @Sha256()
  sha256: string;
}

export const copyVerifiedV1 = defineEvent({
  type: 'archival.copy-verified.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyVerifiedV1,
  summary:
    'The copy at the target was read from beginning to end. It is good only if size and checksum are those of the command.',
});
