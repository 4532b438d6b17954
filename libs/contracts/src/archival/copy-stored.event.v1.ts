import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, Count, Sha256, TargetName } from '../fields.js';

/** The copy lies at the target and was read back from there. It counts only if size and checksum are those of the command. */
export class CopyStoredV1 {
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

export const copyStoredV1 = defineEvent({
  type: 'archival.copy-stored.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyStoredV1,
  summary:
    'The copy lies at the target and was read back from there. It counts only if size and checksum are those of the command.',
});
