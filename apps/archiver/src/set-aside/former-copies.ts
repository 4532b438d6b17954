import { Inject, Injectable } from '@nestjs/common';
import { PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { SharesToken } from '../archiver.config.js';
import { Datablocks, type FoundDatablock } from '../persistence/datablocks.js';
import type { FileAside } from '../persistence/records.js';
import { isDamaged } from '../persistence/stored-copies.js';

/**
 * What becomes of files that a repair or a move has set aside: single copies of datablocks that stay. The catalogue lists those, and
 * says nothing of copies.
 */
@Injectable()
export class FormerCopies {
  constructor(
    private readonly datablocks: Datablocks,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  /**
   * @returns `removed`: it may go for good; `discarded`: the whole datablock was discarded since, and this file is as much worth as
   * the others of it
   * @throws PermanentError `archiver.copy-needed` while it may be of use
   */
  async fateOf(aside: FileAside): Promise<'removed' | 'discarded'> {
    const { archiveId, pid, share, sha256 } = aside;
    const datablock = await this.datablocks.found(archiveId);
    if (datablock?.pid !== pid || datablock.state !== 'verified') return 'discarded';
    if (!areGood(datablock))
      throw needed(archiveId, share, `that a copy of ${archiveId} is damaged or missing by now`);
    // Records are not enough for taking a file away for good: two targets may have been one place.
    if (!(await this.isReplaced(aside, datablock)))
      throw needed(archiveId, share, `no copy of ${archiveId} of the right size in its place`);
    // Two files that were swapped are each of use to the other datablock.
    const other = sha256 === undefined ? undefined : await this.datablocks.otherOf(sha256, archiveId);
    if (other !== undefined && !areGood(await this.datablocks.verified(other)))
      throw needed(
        archiveId,
        share,
        `that it holds the bytes of ${other}, of which a copy is damaged or missing`,
      );
    return 'removed';
  }

  /** Whether the copy that took its place lies there; where that one has moved on, another one. */
  private async isReplaced(
    { archiveId, replacedBy }: FileAside,
    { copies = [], packedSize }: FoundDatablock,
  ): Promise<boolean> {
    const listed = copies.map((copy) => copy.share);
    const places = replacedBy !== undefined && listed.includes(replacedBy) ? [replacedBy] : listed;
    for (const place of this.shares.filter(({ name }) => places.includes(name)))
      if ((await place.stat(archiveId))?.size === packedSize) return true;
    return false;
  }
}

function areGood(datablock: Pick<FoundDatablock, 'copies'> | undefined): boolean {
  const { copies = [] } = datablock ?? {};
  return copies.length > 0 && !copies.some(isDamaged);
}

function needed(archiveId: string, share: string, found: string): PermanentError {
  return new PermanentError(
    'archiver.copy-needed',
    `Expected good copies only before the file of ${archiveId} that was set aside on ${share} goes, found ${found}: it stays. Post a job of type repair for the dataset, or bring the file back.`,
    { details: { archiveId, share } },
  );
}
