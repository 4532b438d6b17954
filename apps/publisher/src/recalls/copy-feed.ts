import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { readManifest } from '#datablock';
import { messageOf, TransientError } from '#kernel';
import { FeedClient, feedLimits } from '#publication-feed';
import type { CatalogJob } from '../catalog/catalog-client.js';

type RetrievedDatablock = NonNullable<NonNullable<CatalogJob['jobResultObject']>['result']>[number];

/** Milliseconds until the first byte of a copy. */
const timeout = 60_000;

/** Tells the publication server where retrieved copies are, and where each file lies in them. */
@Injectable()
export class CopyFeed {
  constructor(private readonly feed: FeedClient) {}

  /** The layout of a datablock never changes: it is read from its first member and sent once. */
  async send({ archiveId, url, size, sha256, expiresAt }: RetrievedDatablock): Promise<void> {
    const { members } = await readManifest(await this.open(url));
    if ((await this.feed.knownMembers(archiveId)) !== members.length)
      for (let part = 0; part * feedLimits.linesPerPart < members.length; part += 1) {
        const some = members.slice(part * feedLimits.linesPerPart, (part + 1) * feedLimits.linesPerPart);
        await this.feed.putMembers(
          archiveId,
          part,
          some.map(({ path, offset, size: bytes, sha256: digest }) => ({
            member: path,
            offset,
            size: bytes,
            sha256: digest,
          })),
        );
      }
    await this.feed.putCopy({ archiveId, members: members.length, url, size, sha256, expiresAt });
  }

  private async open(url: string): Promise<Readable> {
    if (!URL.canParse(url)) throw unreadable('its address is none', false);
    let response: Response;
    try {
      // Followed by nobody, but an answer: the storage is there.
      response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeout) });
    } catch (error) {
      throw unreadable(messageOf(error), true);
    }
    if (response.ok && response.body !== null) return Readable.fromWeb(response.body as never);
    await response.body?.cancel();
    // A link that has run out does not come back.
    throw unreadable(`it answered ${response.status}`, response.status > 500 || response.status === 429);
  }
}

function unreadable(why: string, away: boolean): TransientError {
  return new TransientError('publication.copy-away', `A retrieved copy cannot be read: ${why}.`, { away });
}
