import { Injectable } from '@nestjs/common';
import { PermanentError } from '#kernel';
import { Datablocks, type FoundDatablock } from '../persistence/datablocks.js';
import type { FileAside } from '../persistence/records.js';
import { isDamaged } from '../persistence/stored-copies.js';

/**
 * What becomes of files that a repair or a move has set aside: single copies of datablocks that stay. The catalogue lists those, and
 * says nothing of copies.
 */
@Injectable()
export class FormerCopies {
  constructor(private readonly datablocks: Datablocks) {}

  /**
   * @returns `removed`: it may go for good; `discarded`: the whole datablock was discarded since, and this file is as much worth as
   * the others of it
   * @throws PermanentError `archiver.copy-needed` while it may be of use
   */
  async fateOf({ archiveId, pid, share, sha256 }: FileAside): Promise<'removed' | 'discarded'> {
    const datablock = await this.datablocks.found(archiveId);
    if (datablock?.pid !== pid || datablock.state !== 'verified') return 'discarded';
    if (!areGood(datablock))
      throw needed(archiveId, share, `that a copy of ${archiveId} is damaged or missing by now`);
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
