import { Inject, Injectable } from '@nestjs/common';
import { Clock, crashPoint, PermanentError } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { FeedClient, feedRefusalOf, type PublicRecord, type PutResult } from '#publication-feed';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import type { Lease } from '../persistence/lease.js';

/** Sends frozen content to the publication server: the parts of its file list that are missing there, then the record. */
@Injectable()
export class FeedPush {
  constructor(
    private readonly feed: FeedClient,
    private readonly store: PublisherStore,
    private readonly held: LeasedPublications,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async push(publication: Publication, lease: Lease): Promise<void> {
    const doi = publication._id;
    const content = await this.store.contents.findOne({ _id: doi });
    if (content === null || content.revision !== publication.revision)
      return this.held.save(lease, { stale: true });
    const { record } = content;
    const isWhole = record.files === undefined || (await this.sendParts(doi, record.files, lease));
    // The parts were thrown away after an earlier push, and the other side has lost them since: read again.
    if (!isWhole) return this.held.save(lease, { stale: true });
    crashPoint('publisher.before-push');
    const answer = await this.send(record, publication.pushed !== undefined).catch((error: unknown) => {
      const refusal = feedRefusalOf(error);
      if (refusal?.status === 409 && refusal.revision !== undefined) return refusal.revision;
      if (refusal?.code === 'file-list-incomplete') return undefined;
      throw error;
    });
    if (answer === undefined) return this.held.save(lease, { stale: true });
    if (typeof answer === 'number') return this.overtake(publication, record, answer, lease);
    crashPoint('publisher.after-push');
    await this.held.save(lease, {
      attempts: 0,
      pushed: { revision: record.revision, digest: answer.digest, at: this.clock.now() },
    });
    await this.store.listParts.deleteMany({ doi });
  }

  /** @returns false when a part is needed that is not here any more */
  private async sendParts(
    doi: string,
    list: NonNullable<PublicRecord['files']>,
    lease: Lease,
  ): Promise<boolean> {
    const there = new Map((await this.feed.parts(list.sha256)).map(({ part, sha256 }) => [part, sha256]));
    const ours = await this.store.listParts
      .find({ doi }, { projection: { part: 1, sha256: 1 } })
      .sort({ part: 1 })
      .toArray();
    const here = new Map(ours.map(({ part, sha256 }) => [part, sha256]));
    for (let part = 0; part < list.parts; part += 1) {
      // One that says something else came from a worker that had lost its lease: it is sent again.
      if (there.has(part) && (here.get(part) ?? there.get(part)) === there.get(part)) continue;
      const stored = await this.store.listParts.findOne({ _id: `${doi}\n${part}` });
      if (stored === null) return false;
      lease.signal.throwIfAborted();
      await this.feed.putPart(list.sha256, part, stored.text);
      crashPoint('publisher.mid-list');
    }
    return true;
  }

  /** A withdrawal of what is there; what never arrived is sent whole, as a tombstone. */
  private async send(record: PublicRecord, isThere: boolean): Promise<PutResult> {
    const { doi, revision, tombstone } = record;
    if (tombstone === undefined || !isThere) return this.feed.putRecord(record);
    try {
      return await this.feed.withdraw(doi, { revision, tombstone });
    } catch (error) {
      if (feedRefusalOf(error)?.status !== 404) throw error;
      return this.feed.putRecord(record);
    }
  }

  /** The other side has a higher revision than this database knows (it was restored from a backup): go beyond it. */
  private async overtake(
    publication: Publication,
    record: PublicRecord,
    theirs: number,
    lease: Lease,
  ): Promise<void> {
    const revision = Math.max(theirs, publication.revision) + 1;
    this.logger.warn({ doi: record.doi, theirs, ours: record.revision }, 'the public store is ahead of us');
    if (!Number.isSafeInteger(revision))
      throw new PermanentError(
        'publication.feed-refused',
        `Expected a revision of ${record.doi} that can be counted on, found ${theirs}.`,
      );
    await this.store.contents.updateOne(
      { _id: record.doi, revision: record.revision },
      { $set: { revision, 'record.revision': revision } },
    );
    await this.held.save(lease, { revision });
  }
}
