import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { Datablocks } from './datablocks.js';
import type { StoredCopy } from './records.js';

/** What is known of each copy: written at once by the handler that finds it out, in one write that a newer finding refuses. */
@Injectable()
export class CopyRecords {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** It was read just now, and is what was archived. */
  async verified(archiveId: string, copy: StoredCopy): Promise<void> {
    await this.datablocks.copyVerified(archiveId, copy, this.clock.now());
  }

  /** Nothing happens if it was verified since it was looked up: then it has been restored meanwhile. */
  async damaged(archiveId: string, copy: StoredCopy, found: string): Promise<void> {
    const { share } = copy;
    if (await this.datablocks.copyDamaged(archiveId, copy, this.clock.now(), found))
      this.logger.error({ archiveId, share, found }, 'a copy is damaged');
  }

  /** Whether the datablock has a copy there still: it may have been moved since it was looked up. */
  async isListed(archiveId: string, { share }: StoredCopy): Promise<boolean> {
    const now = await this.datablocks.verified(archiveId);
    return now?.copies.some((copy) => copy.share === share) === true;
  }

  /** Whether it was seen so short a time ago that a share may not find it everywhere yet. */
  isYoung({ verifiedAt, damaged }: StoredCopy): boolean {
    const age = this.clock.now().getTime() - verifiedAt.getTime();
    return damaged === undefined && age < this.config.referencePatience;
  }
}
