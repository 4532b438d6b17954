import { defineCommand } from '../define-message.js';
import { ArchiveId, Attempt, CopyOrderId, Count, DatasetPid, Sha256, TargetName } from '../fields.js';
import { copyVerifiedV1 } from './copy-verified.event.v1.js';
import { copyFailedV1 } from './copy-failed.event.v1.js';
import { copyCancelledV1 } from './copy-cancelled.event.v1.js';

/** Read the copy at the target from beginning to end, and say its size and checksum. */
export class VerifyCopyV1 {
  /** The order: an answer names it. The same order with a higher attempt is the same thing asked again. */
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  @Attempt()
  attempt: number;

  @DatasetPid()
  pid: string;

  /** Name of the datablock on long-term storage. */
  @ArchiveId()
  archiveId: string;

  /** Bytes of the tar. */
  @Count()
  packedSize: number;

  /** Checksum of the tar. */
  @Sha256()
  sha256: string;
}

export const verifyCopyV1 = defineCommand({
  type: 'archival.verify-copy.v1',
  emitter: 'job-assembler',
  consumers: ['worker'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  answers: [copyVerifiedV1, copyFailedV1, copyCancelledV1],
  payload: VerifyCopyV1,
  summary: 'Read the copy at the target from beginning to end, and say its size and checksum.',
});
