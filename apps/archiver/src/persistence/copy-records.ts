import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { ArchiverStore } from './archiver-store.js';
import type { StoredCopy } from './records.js';

/** What is known of each copy: written at once by whoever finds it out, in one write that a newer finding refuses. */
@Injectable()
export class CopyRecords {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** It was read just now, and is what was archived. */
  async verified(archiveId: string, { share }: StoredCopy): Promise<void> {
    await this.store.datablocks.updateOne(
      { _id: archiveId, 'copies.share': share },
      { $set: { 'copies.$.verifiedAt': this.clock.now() }, $unset: { 'copies.$.damaged': '' } },
    );
  }

  /** Nothing happens if it was verified since it was looked up: then it has been restored meanwhile. */
  async damaged(archiveId: string, { share, verifiedAt }: StoredCopy, found: string): Promise<void> {
    const damaged = { at: this.clock.now(), found: found.slice(0, 2000) };
    const { modifiedCount } = await this.store.datablocks.updateOne(
      { _id: archiveId, copies: { $elemMatch: { share, verifiedAt, damaged: { $exists: false } } } },
      { $set: { 'copies.$.damaged': damaged } },
    );
    if (modifiedCount > 0) this.logger.error({ archiveId, share, found }, 'a copy is damaged');
  }

  /** Whether it was seen so short a time ago that a share may not find it everywhere yet. */
  isYoung({ verifiedAt, damaged }: StoredCopy): boolean {
    const age = this.clock.now().getTime() - verifiedAt.getTime();
    return damaged === undefined && age < this.config.referencePatience;
  }
}
