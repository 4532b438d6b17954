import { BadRequestException, ConflictException, Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { CopyHead, CopyMember } from '#publication-feed';
import { PublicStore } from '../persistence/public-store.js';
import { memberId } from '../persistence/records.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

/** Copies of datablocks that downloads read from, and where their members lie. */
@Injectable()
export class Copies {
  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  async putMembers(archiveId: string, lines: readonly CopyMember[]): Promise<void> {
    for (let first = 0; first < lines.length; first += 1000)
      await this.store.members.bulkWrite(
        lines.slice(first, first + 1000).map(({ member, offset, size, sha256 }) => ({
          updateOne: {
            filter: { _id: memberId(archiveId, member) },
            update: { $set: { archiveId, offset, size, sha256 } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
  }

  /** How many members are known: the layout of a datablock never changes, so they are sent once. */
  membersOf(archiveId: string): Promise<number> {
    return this.store.members.countDocuments({ archiveId });
  }

  async put(head: CopyHead): Promise<void> {
    const { archiveId, members, url, size, sha256, expiresAt } = head;
    const origin = URL.canParse(url) ? new URL(url).origin : 'no address';
    if (!this.config.downloads.origins.includes(origin))
      throw new BadRequestException(
        `Expected a copy at one of DOWNLOAD_ORIGINS (${this.config.downloads.origins.join(', ')}), found ${origin}.`,
      );
    const known = await this.membersOf(archiveId);
    if (known !== members)
      throw new ConflictException({
        code: 'members-incomplete',
        known,
        message: `Expected ${members} members of ${archiveId}, found ${known}: send them first.`,
      });
    await this.store.copies.replaceOne(
      { _id: archiveId },
      { archiveId, members, url, size, sha256, expiresAt: new Date(expiresAt) },
      { upsert: true },
    );
  }

  async remove(archiveId: string): Promise<void> {
    await this.store.copies.deleteOne({ _id: archiveId });
  }

  /** Addresses that no longer work say nothing to anybody. */
  async sweep(): Promise<void> {
    await this.store.copies.deleteMany({ expiresAt: { $lt: this.clock.now() } });
  }
}
