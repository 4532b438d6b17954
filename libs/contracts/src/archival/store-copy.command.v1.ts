import { IsISO8601, IsString, MaxLength } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { ArchiveId, Attempt, CopyOrderId, Count, DatasetPid, Sha256, TargetName } from '../fields.js';
import { copyStoredV1 } from './copy-stored.event.v1.js';
import { copyFailedV1 } from './copy-failed.event.v1.js';
import { copyCancelledV1 } from './copy-cancelled.event.v1.js';

/** Read the tar from the link, store it at the target, read it back from there and say its size and checksum. */
export class StoreCopyV1 {
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

  /** A signed link to read the tar from. */
  @IsString()
  @MaxLength(4000)
  url: string;

  /** From then on the link is no good: a fresh one comes with the next attempt. */
  @IsISO8601({ strict: true })
  urlExpiresAt: string;
}

export const storeCopyV1 = defineCommand({
  type: 'archival.store-copy.v1',
  emitter: 'job-assembler',
  consumers: ['worker'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  answers: [copyStoredV1, copyFailedV1, copyCancelledV1],
  payload: StoreCopyV1,
  summary:
    'Read the tar from the link, store it at the target, read it back from there and say its size and checksum.',
});
