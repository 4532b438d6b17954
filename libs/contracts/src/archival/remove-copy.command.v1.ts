import { defineCommand } from '../define-message.js';
import { ArchiveId, Attempt, CopyOrderId, Count, DatasetPid, Sha256, TargetName } from '../fields.js';
import { copyRemovedV1 } from './copy-removed.event.v1.js';
import { copyFailedV1 } from './copy-failed.event.v1.js';

/** Nobody needs the copy at the target any more, or it is no good: remove it. One that is not there is removed. */
export class RemoveCopyV1 {
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

export const removeCopyV1 = defineCommand({
  type: 'archival.remove-copy.v1',
  emitter: 'job-assembler',
  consumers: ['worker'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  answers: [copyRemovedV1, copyFailedV1],
  payload: RemoveCopyV1,
  summary:
    'Nobody needs the copy at the target any more, or it is no good: remove it. One that is not there is removed.',
});
