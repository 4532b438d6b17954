import { Inject, Injectable } from '@nestjs/common';
import { doiPath } from '#datacite';
import { rowsWithIds } from '#persistence';
import { Embargoes } from '../persistence/embargoes.js';
import { PublicStore } from '../persistence/public-store.js';
import { memberId, type StoredFile, type StoredMember } from '../persistence/records.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import type { Reading, Wanted } from './download-address.js';
import { Refusal } from './refusal.js';

/** A publication whose files may be had now. */
export interface OpenPublication {
  /** In the case it was registered with. */
  readonly doi: string;
  readonly page: string;
  /** SHA-256 of the file list. */
  readonly list: string;
  readonly count: number;
  readonly bytes: number;
}

const fields = {
  state: 1,
  'record.doi': 1,
  'record.embargoUntil': 1,
  'record.resource.dates': 1,
  'record.files': 1,
  'record.tombstone': 1,
} as const;

/** Finds publications and their files; decides by the clock who may have them. */
@Injectable()
export class PublishedFiles {
  constructor(
    private readonly store: PublicStore,
    private readonly embargoes: Embargoes,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  /**
   * The publication with the longest DOI that an address can mean.
   *
   * @returns undefined when the address is that of a page, or of nothing
   * @throws Refusal 403 under embargo, 410 withdrawn, 404 without files
   */
  async find(
    readings: readonly Reading[],
  ): Promise<{ readonly publication: OpenPublication; readonly wanted: Wanted } | undefined> {
    const records = await this.store.records
      .find({ _id: { $in: readings.map(({ doi }) => doi) } }, { projection: fields })
      .toArray();
    const reading = readings.find(({ doi }) => records.some(({ _id }) => _id === doi));
    const found = records.find(({ _id }) => _id === reading?.doi);
    if (reading === undefined || found === undefined || reading.wanted.kind === 'page') return undefined;
    const { doi, files, tombstone } = found.record;
    const page = `${this.config.publicUrl}/doi/${doiPath(doi)}`;
    const link = { url: page, to: 'page' } as const;
    if (found.state === 'withdrawn')
      throw new Refusal(410, 'withdrawn', { value: tombstone?.reason ?? '', link });
    const embargoUntil = this.embargoes.endOf(found.record)?.toISOString();
    if (embargoUntil !== undefined)
      throw new Refusal(403, 'embargoed', { value: embargoUntil, link, facts: { embargoUntil } });
    if (files === undefined) throw new Refusal(404, 'noFiles', { link });
    const { sha256: list, count, bytes } = files;
    return { publication: { doi, page, list, count, bytes }, wanted: reading.wanted };
  }

  /** @throws Refusal 404 */
  async file({ list, page }: OpenPublication, path: string): Promise<StoredFile> {
    const file = await this.store.files.findOne({ list, path });
    if (file === null) throw new Refusal(404, 'noSuchFile', { link: { url: page, to: 'page' } });
    return file;
  }

  /** Files of a list from position `n` on, in order. Positions have no gaps, so that no sort goes over more than these. */
  async stretch(list: string, n: number, count: number): Promise<StoredFile[]> {
    return this.store.files
      .find({ list, n: { $gte: n, $lt: n + count } })
      .sort({ n: 1 })
      .toArray();
  }

  /** Where files lie in the copies of their datablocks; for each file, or undefined. */
  async places(files: readonly StoredFile[]): Promise<(StoredMember | undefined)[]> {
    const ids = files.map(idOf);
    const wanted = [...new Set(ids.filter((id) => id !== undefined))];
    const found = await rowsWithIds<StoredMember>(this.store.members, wanted);
    const places = new Map(found.map((member) => [member._id, member]));
    return ids.map((id) => (id === undefined ? undefined : places.get(id)));
  }

  /** What was planned for the archives of a list, in this process or another. */
  async plan(list: string, edition: number): Promise<unknown> {
    return (await this.store.plans.findOne({ _id: list, edition }))?.plan;
  }

  async keepPlan(list: string, edition: number, plan: unknown): Promise<void> {
    await this.store.plans.replaceOne({ _id: list }, { edition, plan }, { upsert: true });
  }

  /** Notes checksums for the directories of later archives. */
  async remember(checksums: readonly { readonly id: string; readonly crc32: number }[]): Promise<void> {
    if (checksums.length === 0) return;
    await this.store.members.bulkWrite(
      checksums.map(({ id, crc32 }) => ({ updateOne: { filter: { _id: id }, update: { $set: { crc32 } } } })),
      { ordered: false },
    );
  }
}

function idOf({ archiveId, member }: StoredFile): string | undefined {
  return archiveId === undefined || member === undefined ? undefined : memberId(archiveId, member);
}
