import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { toDataciteAttributes, type DataciteEvent } from '#datacite';
import { Clock, crashPoint, TransientError } from '#kernel';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Content, DoiState, Publication } from '../persistence/records.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import type { Lease } from '../persistence/lease.js';
import { DataciteClient, type RegisteredDoi } from './datacite-client.js';

/** What DataCite is to say of a DOI after a call. */
interface Intent {
  readonly content: Content;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly states: readonly DoiState[];
  /** Only the state changes. */
  readonly eventOnly: boolean;
}

/**
 * The life of a DOI: draft → registered → findable, and back to registered when it is hidden. Each change is announced in
 * our own database first, sent as an idempotent PUT, and believed only when it was read back.
 */
@Injectable()
export class DoiRegistration {
  constructor(
    private readonly datacite: DataciteClient,
    private readonly store: PublisherStore,
    private readonly held: LeasedPublications,
    private readonly clock: Clock,
  ) {}

  /** A draft is known to nobody but us and DataCite. */
  reserve(publication: Publication, lease: Lease): Promise<void> {
    return this.change(publication, lease, undefined, ['draft', 'registered', 'findable']);
  }

  /** The step at which DataCite checks the metadata. What is findable stays so. */
  register(publication: Publication, lease: Lease): Promise<void> {
    const isNew = publication.doi.state === 'none' || publication.doi.state === 'draft';
    return this.change(publication, lease, isNew ? 'register' : undefined, ['registered', 'findable']);
  }

  publish(publication: Publication, lease: Lease): Promise<void> {
    return this.change(publication, lease, 'publish', ['findable']);
  }

  async hide(publication: Publication, lease: Lease): Promise<void> {
    const { doi } = publication;
    if (doi.uncertain === true) {
      const there = await this.datacite.get(publication._id);
      // Nothing that anybody could find: an event would make a draft of nothing.
      if (there === undefined || there.state === 'draft')
        return this.held.save(lease, {
          doi: { state: there?.state ?? 'none', checkedAt: this.clock.now() },
        });
    }
    return this.change(publication, lease, 'hide', ['registered']);
  }

  removeDraft(doi: string): Promise<void> {
    return this.datacite.removeDraft(doi);
  }

  private async change(
    publication: Publication,
    lease: Lease,
    event: DataciteEvent | undefined,
    states: readonly DoiState[],
  ): Promise<void> {
    const content = await this.store.contents.findOne({ _id: publication._id });
    if (content === null || content.revision !== publication.revision)
      // A crash between the content and its note: read again.
      return this.held.save(lease, { stale: true });
    const eventOnly = event === 'publish' || event === 'hide';
    const { resource, landingPage } = content.record;
    const attributes = eventOnly
      ? { event }
      : toDataciteAttributes(resource, { url: landingPage, ...(event === undefined ? {} : { event }) });
    const intent: Intent = { content, attributes, states, eventOnly };
    const { doi } = publication;
    if (doi.uncertain === true) {
      const there = await this.datacite.get(publication._id);
      // Half a look will not do: a correction of the abstract alone would be taken for done.
      if (
        there !== undefined &&
        deviation(intent, there) === undefined &&
        (eventOnly || says(there, sentOf(attributes)))
      )
        return this.confirm(publication, lease, intent, there);
    }
    await this.held.save(lease, { doi: { ...doi, uncertain: true } });
    crashPoint('publisher.before-put');
    await this.datacite.put(publication._id, attributes);
    crashPoint('publisher.after-put');
    const there = await this.datacite.get(publication._id);
    const odd = there === undefined ? 'it knows no such DOI' : deviation(intent, there);
    if (there === undefined || odd !== undefined)
      throw new TransientError(
        'publication.registry-disagrees',
        `DataCite took ${publication._id}, but says of it that ${odd}.`,
      );
    await this.confirm(publication, lease, intent, there);
  }

  private async confirm(
    { doi, attributesDigest }: Publication,
    lease: Lease,
    { eventOnly }: Intent,
    there: RegisteredDoi,
  ): Promise<void> {
    // What was sent before, and never answered, may be there or not: the next registration sends it again.
    const former = doi.uncertain === true ? undefined : doi.attributesDigest;
    const digest = eventOnly ? former : attributesDigest;
    await this.held.save(lease, {
      attempts: 0,
      doi: {
        state: there.state,
        ...(digest === undefined ? {} : { attributesDigest: digest }),
        ...(there.url === null ? {} : { url: there.url }),
        readBack: readBackDigest(there),
        checkedAt: this.clock.now(),
      },
    });
  }
}

/** What is to be seen of an upsert afterwards. */
function sentOf(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { event: _e, schemaVersion: _s, ...sent } = attributes;
  return sent;
}

/** Whether everything that was sent is there; DataCite adds names and empty lists of its own. */
export function says(there: unknown, sent: unknown): boolean {
  if (sent === null || sent === undefined || sent === '') return (there ?? '') === '';
  if (Array.isArray(sent))
    return sent.length === 0
      ? there === undefined || there === null || (Array.isArray(there) && there.length === 0)
      : Array.isArray(there) &&
          there.length === sent.length &&
          sent.every((item, index) => says(there[index], item));
  if (typeof sent !== 'object') return String(there) === String(sent);
  // Publishers and affiliations come back as bare names.
  if (typeof there === 'string') return there === (sent as { name?: unknown }).name;
  if (typeof there !== 'object' || there === null) return false;
  return Object.entries(sent).every(([name, value]) => says((there as Record<string, unknown>)[name], value));
}

/** How what DataCite says differs from what it was told; an event it does not allow is ignored there without a word. */
function deviation({ content, states, eventOnly }: Intent, there: RegisteredDoi): string | undefined {
  const { resource, landingPage } = content.record;
  if (!states.includes(there.state)) return `it is ${there.state}, expected ${states.join(' or ')}`;
  if (there.url !== landingPage && !eventOnly)
    return `it leads to ${String(there.url)}, expected ${landingPage}`;
  if (eventOnly) return undefined;
  const titles = there['titles'] as { title?: string }[] | undefined;
  if (titles?.[0]?.title !== resource.titles[0]?.title) return 'it has another title';
  if (Number(there['publicationYear']) !== resource.publicationYear) return 'it has another year';
  const creators = there['creators'] as unknown[] | undefined;
  if (creators?.length !== resource.creators.length)
    return `it has ${creators?.length ?? 0} creators, expected ${resource.creators.length}`;
  return undefined;
}

const compared = [
  ...[
    'state',
    'url',
    'titles',
    'creators',
    'publisher',
    'publicationYear',
    'types',
    'subjects',
    'contributors',
  ],
  ...['dates', 'language', 'identifiers', 'relatedIdentifiers', 'sizes', 'formats', 'version', 'rightsList'],
  ...['descriptions', 'geoLocations', 'fundingReferences'],
];

/** Of the attributes that are ours to say: another one later means that they were changed elsewhere. */
export function readBackDigest(there: RegisteredDoi): string {
  const ours = compared.map((name) => [name, there[name] ?? null]);
  return createHash('sha256').update(JSON.stringify(ours)).digest('hex');
}
