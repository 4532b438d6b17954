import { defineCommand } from '../define-message.js';
import { ArchiveId, Attempt, CopyOrderId, Count, DatasetPid, Sha256, TargetName } from '../fields.js';
import { copyCancelledV1 } from './copy-cancelled.event.v1.js';
import { copyStoredV1 } from './copy-stored.event.v1.js';
import { copyVerifiedV1 } from './copy-verified.event.v1.js';
import { copyRecalledV1 } from './copy-recalled.event.v1.js';
import { copyFailedV1 } from './copy-failed.event.v1.js';

/** Stop the order if it is not done; it ends as cancelled, or as done if it was quicker. What is stored of it so far goes. */
export class CancelCopyV1 {
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

export const cancelCopyV1 = defineCommand({
  type: 'archival.cancel-copy.v1',
  emitter: 'job-assembler',
  consumers: ['worker'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  answers: [copyCancelledV1, copyStoredV1, copyVerifiedV1, copyRecalledV1, copyFailedV1],
  payload: CancelCopyV1,
  summary:
    'Stop the order if it is not done; it ends as cancelled, or as done if it was quicker. What is stored of it so far goes.',
});
