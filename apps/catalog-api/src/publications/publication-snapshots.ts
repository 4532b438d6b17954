import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { embargoOf, type DataciteResource } from '#datacite';
import { feedLimits, type Picture, type PublicDataset } from '#publication-feed';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { withoutWords } from '../persistence/own-fields.js';
import type { PublicationPart, PublishedDataRecord } from '../published-data/published-data-record.js';
import { PublicationPolicy } from '../published-data/publication-policy.js';
import { issueDateOf, PublicationResources } from '../published-data/publication-resources.js';

/** What the catalogue wants the public to see of a publication. */
export type Wanted = 'nothing' | 'draft' | 'published' | 'unchanged' | 'withdrawn';

export interface PublicationRow {
  readonly doi: string;
  readonly version: number;
  readonly wanted: Wanted;
}

/** Everything the publisher needs of one publication but its files. */
export interface PublicationSnapshot extends PublicationRow {
  readonly resource: DataciteResource;
  readonly datasets: readonly PublicDataset[];
  readonly datasetPids: readonly string[];
  readonly pictures: readonly Picture[];
  /** ISO 8601. */
  readonly embargoUntil?: string;
  readonly registeredAt?: string;
  readonly withdrawal?: { readonly at: string; readonly reason: string; readonly replacedBy?: string };
}

const maxRows = 1000;
const imagePattern = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/]+={0,2})$/;

/** What the publisher reads: rows to compare with its own, and whole publications. */
@Injectable()
export class PublicationSnapshots {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly resources: PublicationResources,
    private readonly policy: PublicationPolicy,
  ) {}

  /** Rows in the order of their DOIs. */
  async rows(after: string): Promise<PublicationRow[]> {
    const found = await this.catalogue
      .records('PublishedData')
      .find(
        {
          _id: { $gt: after },
          // A first registration is still private while it is pending: its message may have been lost.
          $or: [{ status: { $ne: 'private' } }, { 'catena.registration.state': 'pending' }],
        },
        { projection: { status: 1, 'catena.version': 1, 'catena.registration.state': 1 } },
      )
      .sort({ _id: 1 })
      .limit(maxRows)
      .toArray();
    return found.map((record) => rowOf(record as unknown as PublishedDataRecord));
  }

  /** @throws Refusal 404 */
  async record(doi: string): Promise<PublishedDataRecord> {
    const found = (await this.catalogue
      .records('PublishedData')
      .findOne(
        { _id: doi },
        { projection: { 'catena.outbox': 0, ...withoutWords } },
      )) as PublishedDataRecord | null;
    if (found === null) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    return found;
  }

  async snapshot(doi: string): Promise<PublicationSnapshot> {
    const record = await this.record(doi);
    const { resource, datasets } = await this.resources.describe(record);
    const embargo = embargoOf(resource, this.policy.now(), this.policy.embargoTimeZone);
    const { catena, datasetPids } = record;
    const issuedAt = issueDateOf(record);
    const withdrawal = catena?.withdrawal;
    return {
      ...rowOf(record),
      resource,
      datasets,
      datasetPids,
      pictures: await this.picturesOf(record),
      ...(embargo === undefined ? {} : { embargoUntil: embargo.toISOString() }),
      ...(issuedAt === undefined ? {} : { registeredAt: new Date(issuedAt).toISOString() }),
      ...(withdrawal === undefined ? {} : { withdrawal: publicly(withdrawal) }),
    };
  }

  /** The record's own thumbnail, and those of attachments that are public themselves. */
  private async picturesOf({ metadata, datasetPids }: PublishedDataRecord): Promise<Picture[]> {
    const attachments = await this.catalogue
      .records('Attachment')
      .find(
        {
          // By its kind as well: a sample may be named like a dataset.
          relationships: { $elemMatch: { targetType: 'dataset', targetId: { $in: [...datasetPids] } } },
          isPublished: true,
          thumbnail: { $type: 'string' },
        },
        { projection: { thumbnail: 1, caption: 1 } },
      )
      .sort({ _id: 1 })
      .limit(feedLimits.pictures)
      .toArray();
    const own = { thumbnail: (metadata as Record<string, unknown> | undefined)?.['thumbnail'], caption: '' };
    const pictures = [own, ...attachments].flatMap(({ thumbnail, caption }) =>
      pictureOf(thumbnail, typeof caption === 'string' ? caption : ''),
    );
    return [...new Map(pictures.map((picture) => [picture.name, picture])).values()].slice(
      0,
      feedLimits.pictures,
    );
  }
}

function rowOf({ _id, status, catena }: PublishedDataRecord): PublicationRow {
  return { doi: _id, version: catena?.version ?? 0, wanted: wantedOf(status, catena) };
}

function wantedOf(status: PublishedDataRecord['status'], catena: PublicationPart | undefined): Wanted {
  if (catena?.registration?.state === 'pending') return 'published';
  switch (status) {
    case 'private':
      return 'nothing';
    case 'public':
      return 'draft';
    case 'registered':
      return 'published';
    case 'amended':
      return 'unchanged';
    case 'withdrawn':
      return 'withdrawn';
  }
}

function publicly({ at, reason, replacedBy }: NonNullable<PublicationPart['withdrawal']>) {
  return { at: new Date(at).toISOString(), reason, ...(replacedBy === undefined ? {} : { replacedBy }) };
}

/** Only what is an image by its own words and small enough; its name is made of its content. */
function pictureOf(value: unknown, caption: string): Picture[] {
  const [, mediaType, base64 = ''] = typeof value === 'string' ? (imagePattern.exec(value) ?? []) : [];
  if (mediaType === undefined || (base64.length / 4) * 3 > feedLimits.pictureBytes) return [];
  const name = `${createHash('sha256').update(base64).digest('hex').slice(0, 16)}.${mediaType.slice(6)}`;
  return [{ name, mediaType: mediaType as Picture['mediaType'], caption: caption.slice(0, 2000), base64 }];
}
