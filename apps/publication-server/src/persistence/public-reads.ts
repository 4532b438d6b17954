import { Injectable } from '@nestjs/common';
import type { FileListReference } from '#publication-feed';
import { MostRecent } from './most-recent.js';
import { PublicStore } from './public-store.js';
import type { StoredFile, StoredRecord, StoredUsage } from './records.js';
import { SharedReads } from './shared-reads.js';

/** A record as pages show it; with its metadata as XML only where it was asked for. */
export type ShownRecord = Omit<StoredRecord, 'search' | 'superseded' | 'renderings'> &
  Partial<Pick<StoredRecord, 'renderings'>>;

/** Files shown on the landing page itself. */
export const filesOnPage = 12;
/** Characters of files that are kept. */
const maxKeptFiles = 8_000_000;

const shown = { search: 0, superseded: 0, renderings: 0 } as const;
const rendered = { search: 0, superseded: 0 } as const;

/** What every page asks of the store, asked for all pages that are made at the same time. */
@Injectable()
export class PublicReads {
  /** By DOI in lower case. */
  readonly shownRecords = new SharedReads<ShownRecord>((ids) => this.records(ids, shown));
  /** The same with metadata as XML, which is half of a record. */
  readonly renderedRecords = new SharedReads<ShownRecord>((ids) => this.records(ids, rendered));
  /** By DOI in lower case. */
  readonly usage = new SharedReads<StoredUsage>(async (ids) =>
    byId(await this.store.usage.find({ _id: { $in: [...ids] } }).toArray()),
  );
  /** When copies expire, by archive id. */
  readonly copies = new SharedReads<{ readonly _id: string; readonly expiresAt: Date }>(async (ids) =>
    byId(
      await this.store.copies.find({ _id: { $in: [...ids] } }, { projection: { expiresAt: 1 } }).toArray(),
    ),
  );
  /** By the SHA-256 of their list, whose content never changes; weighed by the length of what is in them. */
  private readonly keptFiles = new MostRecent<readonly StoredFile[]>(maxKeptFiles);
  private readonly firstFiles = new SharedReads<StoredFile[]>(async (lists) => {
    const files = await this.store.files
      .find({ list: { $in: [...lists] }, n: { $gte: 0, $lt: filesOnPage } })
      .toArray();
    const found = new Map<string, StoredFile[]>(lists.map((list) => [list, []]));
    for (const file of files.sort((left, right) => left.n - right.n)) found.get(file.list)?.push(file);
    return found;
  });

  constructor(private readonly store: PublicStore) {}

  /** The first files of a list, in order. */
  async firstFilesOf({ sha256, count }: FileListReference): Promise<readonly StoredFile[]> {
    const kept = this.keptFiles.get(sha256);
    if (kept !== undefined) return kept;
    const files = (await this.firstFiles.get(sha256)) ?? [];
    // A list that its record has left may be gone in part, and come again.
    if (files.length === Math.min(count, filesOnPage))
      this.keptFiles.keep(sha256, files, JSON.stringify(files).length);
    return files;
  }

  private async records(
    ids: readonly string[],
    projection: Readonly<Record<string, 0>>,
  ): Promise<Map<string, ShownRecord>> {
    const filter = { _id: { $in: [...ids] } };
    return byId(await this.store.records.find<ShownRecord>(filter, { projection }).toArray());
  }
}

function byId<Row extends { readonly _id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row._id, row]));
}
