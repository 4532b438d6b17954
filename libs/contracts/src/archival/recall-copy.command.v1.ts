import { IsISO8601, IsString, MaxLength } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, Attempt, CopyOrderId, Count, DatasetPid, Sha256, TargetName } from '../fields.js';
import { copyRecalledV1 } from './copy-recalled.event.v1.js';
import { copyFailedV1 } from './copy-failed.event.v1.js';
import { copyCancelledV1 } from './copy-cancelled.event.v1.js';

/** Read the copy at the target and put it, whole, at the link; say size and checksum of what was read. */
export class RecallCopyV1 {
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

  /** A signed link to put the tar at, with one PUT. */
  @IsString()
  @MaxLength(4000)
  uploadUrl: string;

  /** From then on the link is no good: a fresh one comes with the next attempt. */
  @IsISO8601({ strict: true })
  urlExpiresAt: string;
}

export const recallCopyV1 = defineCommand({
  type: 'archival.recall-copy.v1',
  emitter: 'job-assembler',
  consumers: ['worker'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  answers: [copyRecalledV1, copyFailedV1, copyCancelledV1],
  payload: RecallCopyV1,
  summary:
    'Read the copy at the target and put it, whole, at the link; say size and checksum of what was read.',
});
