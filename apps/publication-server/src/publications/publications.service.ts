import { Injectable } from '@nestjs/common';
import { PublicStore } from '../persistence/public-store.js';
import { PublicReads, type ShownRecord } from '../persistence/public-reads.js';
import type { StoredFile, StoredUsage } from '../persistence/records.js';
import { formatNamed, type Format } from '../formats/formats.js';
import type { Work } from '../formats/work.js';
import { readingsOf, type Part } from './addresses.js';
import { Availabilities, type Availability } from './availability.service.js';
import { RelationsService, type Relations } from './relations.service.js';
import { Site } from '../site/site.service.js';

/** Files of one page of the list. */
export const filesOfList = 250;

export type Found = ShownRecord;

/** A publication with what else its page shows. */
export interface Publication {
  readonly stored: Found;
  readonly work: Work;
  readonly availability: Availability;
  readonly files: readonly StoredFile[];
  readonly relations: Relations;
  readonly usage?: StoredUsage;
}

/** Reads publications from the store: one query to find, four at once for the page, each shared with who asks meanwhile. */
@Injectable()
export class Publications {
  constructor(
    private readonly store: PublicStore,
    private readonly reads: PublicReads,
    private readonly availabilities: Availabilities,
    private readonly relations: RelationsService,
    private readonly site: Site,
  ) {}

  /**
   * What an address below `/doi/` means; undefined when no publication has it.
   *
   * @param format as what it is wanted, where the address does not say
   */
  async find(encoded: string, format?: Format): Promise<{ stored: Found; part: Part } | undefined> {
    const readings = readingsOf(encoded);
    const rendered =
      format?.rendered === true ||
      readings.some(({ part }) => part.kind === 'export' && formatNamed(part.format)?.rendered === true);
    const records = rendered ? this.reads.renderedRecords : this.reads.shownRecords;
    const found = await Promise.all(readings.map(({ key }) => records.get(key)));
    for (const [index, { part }] of readings.entries()) {
      const stored = found[index];
      if (stored !== undefined) return { stored, part };
    }
    return undefined;
  }

  /** Everything the landing page shows. */
  async whole(stored: Found): Promise<Publication> {
    const [files, availability, relations, usage] = await Promise.all([
      this.firstFiles(stored),
      this.availabilities.of(stored.record),
      this.relations.of(stored),
      this.reads.usage.get(stored._id),
    ]);
    return {
      stored,
      work: this.workOf(stored, files),
      availability,
      files,
      relations,
      ...(usage === undefined ? {} : { usage }),
    };
  }

  /** What formats are made of. */
  async work(stored: Found): Promise<Work> {
    return this.workOf(stored, await this.firstFiles(stored));
  }

  workOf({ record, renderings, datestamp }: Found, files: readonly StoredFile[]): Work {
    const embargoedUntil = this.availabilities.embargoOf(record);
    return {
      record,
      datestamp,
      ...(renderings === undefined ? {} : { renderings }),
      catalogue: this.site.catalogue,
      files,
      ...(embargoedUntil === undefined ? {} : { embargoedUntil }),
    };
  }

  availabilityOf({ record }: Found): Promise<Availability> {
    return this.availabilities.of(record);
  }

  /** Some files of the list, by position; none under embargo. */
  async files({ record }: Found, from: number, count: number): Promise<StoredFile[]> {
    if (record.files === undefined || this.availabilities.embargoOf(record) !== undefined) return [];
    const lines = await this.store.files
      .find({ list: record.files.sha256, n: { $gte: from, $lt: from + count } })
      .toArray();
    return lines.sort((left, right) => left.n - right.n);
  }

  /** All files in order, a thousand at a time. */
  async *allFiles(stored: Found): AsyncIterable<StoredFile> {
    const step = 1000;
    for (let from = 0; from < (stored.record.files?.count ?? 0); from += step) {
      const lines = await this.files(stored, from, step);
      if (lines.length === 0) return;
      yield* lines;
    }
  }

  private async firstFiles({ record }: Found): Promise<readonly StoredFile[]> {
    if (record.files === undefined || this.availabilities.embargoOf(record) !== undefined) return [];
    return this.reads.firstFilesOf(record.files);
  }
}
