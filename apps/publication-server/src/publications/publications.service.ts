import { Injectable } from '@nestjs/common';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredFile, StoredRecord, StoredUsage } from '../persistence/records.js';
import type { Work } from '../formats/work.js';
import { readingsOf, type Part } from './addresses.js';
import { Availabilities, type Availability } from './availability.service.js';
import { RelationsService, type Relations } from './relations.service.js';
import { Site } from '../site/site.service.js';

/** Files shown on the landing page itself. */
const filesOnPage = 12;
/** Files of one page of the list. */
export const filesOfList = 250;

export type Found = Omit<StoredRecord, 'search' | 'superseded'>;

/** A publication with what else its page shows. */
export interface Publication {
  readonly stored: Found;
  readonly work: Work;
  readonly availability: Availability;
  readonly files: readonly StoredFile[];
  readonly relations: Relations;
  readonly usage?: StoredUsage;
}

/** Reads publications from the store: one query to find, four at once for the page. */
@Injectable()
export class Publications {
  constructor(
    private readonly store: PublicStore,
    private readonly availabilities: Availabilities,
    private readonly relations: RelationsService,
    private readonly site: Site,
  ) {}

  /** What an address below `/doi/` means; undefined when no publication has it. */
  async find(encoded: string): Promise<{ stored: Found; part: Part } | undefined> {
    const readings = readingsOf(encoded);
    if (readings.length === 0) return undefined;
    const found = await this.store.records
      .find(
        { _id: { $in: readings.map(({ key }) => key) } },
        {
          projection: { search: 0, superseded: 0 },
        },
      )
      .toArray();
    for (const { key, part } of readings) {
      const stored = found.find(({ _id }) => _id === key);
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
      this.store.usage.findOne({ _id: stored._id }),
    ]);
    return {
      stored,
      work: this.workOf(stored, files),
      availability,
      files,
      relations,
      ...(usage === null ? {} : { usage }),
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
      renderings,
      datestamp,
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

  private firstFiles(stored: Found): Promise<StoredFile[]> {
    return this.files(stored, 0, filesOnPage);
  }
}
