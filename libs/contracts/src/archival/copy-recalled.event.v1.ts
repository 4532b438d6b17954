import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, Count, Sha256, TargetName } from '../fields.js';

/** The copy was read from the target and put at the link. It counts only once the archiver has read what lies there. */
export class CopyRecalledV1 {
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

export const copyRecalledV1 = defineEvent({
  type: 'archival.copy-recalled.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyRecalledV1,
  summary:
    'The copy was read from the target and put at the link. It counts only once the archiver has read what lies there.',
});
