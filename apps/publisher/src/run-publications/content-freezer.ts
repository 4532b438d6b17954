import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { doiKey, problemsOf, toDataciteAttributes, type DataciteResource } from '#datacite';
import { Clock, PermanentError, TransientError } from '#kernel';
import { isDuplicateKey } from '#persistence';
import {
  digestOf,
  feedLimits,
  fileListName,
  sha256Of,
  type FileListReference,
  type PublicRecord,
} from '#publication-feed';
import { CatalogClient, type CatalogSnapshot } from '../catalog/catalog-client.js';
import { landingPageOf } from '../domain/landing-page.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Content, Publication } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { DoiRegistration } from '../registry/doi-registration.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import { LeaseLost, notNewer, type Lease } from '../persistence/lease.js';

/**
 * Freezes what the public is to see: every later step, and every repetition of it, works on the same content under the
 * same revision. Content that says the same as before keeps its revision, so nothing is pushed for nothing.
 */
@Injectable()
export class ContentFreezer {
  constructor(
    private readonly catalog: CatalogClient,
    private readonly store: PublisherStore,
    private readonly held: LeasedPublications,
    private readonly registration: DoiRegistration,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
  ) {}

  landingPageOf(doi: string): string {
    return landingPageOf(this.config.publicUrl, doi);
  }

  async read(publication: Publication, lease: Lease): Promise<void> {
    const snapshot = await this.catalog.snapshot(publication._id);
    if (snapshot === undefined || snapshot.wanted === 'nothing') return this.letGo(publication, lease);
    // Of the same version it may want less by now: the registration was refused, and the record changes since.
    const { version, wanted } = publication;
    if (snapshot.version > version || (snapshot.version === version && snapshot.wanted !== wanted))
      return this.adopt(publication, snapshot, lease);
    this.check(snapshot.resource);
    const { draft, files } = await this.recordOf(publication, snapshot);
    await this.freeze(publication, lease, draft, snapshot.version, files);
  }

  /**
   * The parts of a list are thrown away once they are public; they are made again for a public store that lost them.
   *
   * @throws PermanentError `publication.content-changed` when the datasets have other files by now
   */
  async readFiles(publication: Publication, lease: Lease): Promise<void> {
    const doi = publication._id;
    const content = await this.store.contents.findOne({ _id: doi });
    const wanted = content?.record.files?.sha256;
    const found = await this.freezeFiles(publication);
    if (content?.revision !== publication.revision || found?.sha256 !== wanted) {
      await this.store.listParts.deleteMany({ doi });
      throw new PermanentError(
        'publication.content-changed',
        `The public store has lost ${doi} while it is being amended, and its datasets have other files than were published. Register it again.`,
      );
    }
    await this.held.saveUnlessHeard(lease, publication.heard, { stale: false });
  }

  /** The tombstone is made of what the public saw last; only what was never seen is read. */
  async bury(publication: Publication, lease: Lease): Promise<void> {
    const content = await this.store.contents.findOne({ _id: publication._id });
    if (content === null) return this.read(publication, lease);
    const record = withdrawn(content.record, publication.withdrawal);
    await this.freeze(publication, lease, record, publication.version, false);
  }

  /** What the catalogue no longer has, or takes back: a draft goes, what was public stays as it is and is told of. */
  private async letGo(publication: Publication, lease: Lease): Promise<void> {
    const { state, uncertain } = publication.doi;
    if (state === 'registered' || state === 'findable')
      throw new PermanentError(
        'publication.record-missing',
        `Expected ${publication._id} in the catalogue, found nothing to publish, but DataCite knows it as ${state}. Restore the record, or withdraw it.`,
      );
    // A draft that was asked for, and never confirmed, may be there: nobody would look for it later.
    if (state === 'draft' || uncertain === true) await this.registration.removeDraft(publication._id);
    await this.held.forget(lease, publication.heard);
  }

  /** The catalogue is ahead of its messages: what it says now counts, and the message will change nothing. */
  private async adopt(
    { heard }: Publication,
    { version, wanted, withdrawal }: CatalogSnapshot,
    lease: Lease,
  ): Promise<void> {
    await this.held.saveUnlessHeard(lease, heard, {
      version,
      wanted: wanted as Publication['wanted'],
      stale: wanted !== 'unchanged',
      ...(withdrawal === undefined ? {} : { withdrawal }),
    });
  }

  /** @throws PermanentError `publication.metadata-invalid` with the fields */
  private check(resource: DataciteResource): void {
    const problems = problemsOf(resource);
    if (problems.length > 0)
      throw new PermanentError(
        'publication.metadata-invalid',
        `The metadata of ${resource.doi} do not fit DataCite's kernel 4.6: ${problems[0]!.field}: ${problems[0]!.reason}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}.`,
        { details: { problems } },
      );
  }

  private async recordOf(
    publication: Publication,
    snapshot: CatalogSnapshot,
  ): Promise<{ draft: Omit<PublicRecord, 'revision'>; files: boolean }> {
    const { resource, datasets, pictures, embargoUntil, registeredAt } = snapshot;
    const doi = publication._id;
    const isWithdrawn = publication.wanted === 'withdrawn';
    const shown = publication.wanted === 'published';
    const files = shown ? await this.freezeFiles(publication) : undefined;
    const published: Omit<PublicRecord, 'revision'> = {
      doi,
      state: 'published',
      registered: this.config.datacite !== undefined,
      landingPage: this.landingPageOf(doi),
      publishedAt: publication.publishedAt?.toISOString() ?? registeredAt ?? this.clock.now().toISOString(),
      ...(embargoUntil === undefined ? {} : { embargoUntil }),
      resource,
      datasets,
      pictures,
      ...(files === undefined ? {} : { files }),
    };
    const draft = isWithdrawn
      ? withdrawn(published, publication.withdrawal ?? snapshot.withdrawal)
      : published;
    return { draft, files: files !== undefined };
  }

  private async freeze(
    publication: Publication,
    lease: Lease,
    draft: Omit<PublicRecord, 'revision'>,
    version: number,
    keepParts: boolean,
  ): Promise<void> {
    const doi = publication._id;
    const previous = await this.store.contents.findOne({ _id: doi });
    const next = nextRevision(publication, previous?.revision);
    const same = previous !== null && digestOf({ ...draft, revision: 0 }) === digestOf(previous.record);
    const revision = same && previous.revision === publication.revision ? previous.revision : next;
    const record: PublicRecord = { ...draft, revision };
    const bytes = Buffer.byteLength(JSON.stringify(record));
    if (bytes > feedLimits.recordBytes)
      throw new PermanentError(
        'publication.record-too-large',
        `Expected at most ${feedLimits.recordBytes} bytes of metadata and pictures for ${doi}, found ${bytes}. Shorten the texts, or remove thumbnails.`,
      );
    await this.keep(lease, { key: doiKey(doi), revision, version, epoch: lease.epoch, record });
    const { pushed } = publication;
    const isPublic = pushed?.revision === revision && pushed.lost !== true;
    if (!keepParts || isPublic) await this.store.listParts.deleteMany({ doi });
    // After a newer wish it stays stale, and is read again for that.
    await this.held.saveUnlessHeard(lease, publication.heard, {
      stale: false,
      revision,
      attributesDigest: attributesDigest(record),
      ...(publication.wanted === 'published' ? { publishedAt: new Date(record.publishedAt) } : {}),
    });
  }

  /** @throws LeaseLost when a newer worker has frozen content: older one would go to the public under its revision */
  private async keep(lease: Lease, content: Omit<Content, '_id'>): Promise<void> {
    try {
      await this.store.contents.replaceOne(notNewer(lease), content, { upsert: true });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // It is a newer one's, or that of an older worker who has just been faster.
      const { matchedCount } = await this.store.contents.replaceOne(notNewer(lease), content);
      if (matchedCount === 0) throw new LeaseLost(lease.doi);
    }
  }

  /** Streams the list into parts of bounded size. */
  private async freezeFiles(publication: Publication): Promise<FileListReference | undefined> {
    const doi = publication._id;
    await this.store.listParts.deleteMany({ doi });
    const digests: string[] = [];
    const totals = { count: 0, bytes: 0 };
    let lines: string[] = [];
    const flush = async (): Promise<void> => {
      const part = digests.length;
      if (part >= feedLimits.parts)
        throw new PermanentError(
          'publication.too-many-files',
          `Expected at most ${feedLimits.parts * feedLimits.linesPerPart} files in ${doi}, found more. Publish its datasets in several publications.`,
        );
      const text = lines.join('');
      const sha256 = sha256Of(text);
      digests.push(sha256);
      await this.store.listParts.replaceOne(
        { _id: `${doi}\n${part}` },
        { doi, part, sha256, text },
        { upsert: true },
      );
      lines = [];
    };
    for await (const line of this.catalog.files(doi)) {
      const text = `${JSON.stringify(line)}\n`;
      lines.push(text);
      totals.count += 1;
      totals.bytes += line.size;
      if (lines.length === feedLimits.linesPerPart) await flush();
    }
    if (lines.length > 0) await flush();
    if (totals.count === 0) return undefined;
    if (!Number.isSafeInteger(totals.bytes))
      throw new TransientError('publication.unexpected-error', `The sizes of ${doi} add up to no number.`);
    return { sha256: fileListName(digests), ...totals, parts: digests.length };
  }
}

function nextRevision({ revision }: Publication, frozen: number | undefined): number {
  return Math.max(revision, frozen ?? 0) + 1;
}

function withdrawn(
  record: Omit<PublicRecord, 'revision'>,
  withdrawal: Publication['withdrawal'],
): Omit<PublicRecord, 'revision'> {
  const { files: _f, tombstone: _t, ...others } = record;
  const { at, reason, replacedBy } = withdrawal ?? { at: new Date(0).toISOString(), reason: 'Withdrawn.' };
  return {
    ...others,
    state: 'withdrawn',
    pictures: [],
    tombstone: { withdrawnAt: at, reason, ...(replacedBy === undefined ? {} : { replacedBy }) },
  };
}

/** Of what DataCite is to have; the event is no part of it. */
function attributesDigest({ resource, landingPage }: PublicRecord): string {
  return createHash('sha256')
    .update(JSON.stringify(toDataciteAttributes(resource, { url: landingPage })))
    .digest('hex');
}
