import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { Embargoes, type EmbargoedRecord } from '../persistence/embargoes.js';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecord } from '../persistence/records.js';

/** Whether files can be had, and how. */
export type Availability =
  | { readonly kind: 'embargoed'; readonly until: Date }
  /** No list of files. */
  | { readonly kind: 'unlisted' }
  /** Files are listed, but lie in no datablock of ours. */
  | { readonly kind: 'elsewhere' }
  /** Some copy is missing: all of it has to be brought back first. */
  | { readonly kind: 'tape' }
  | { readonly kind: 'ready' };

/** File lists whose archive ids are remembered. */
const maxLists = 1000;

/** Where the files of publications are: one indexed query for copies, another one once for each list of files. */
@Injectable()
export class Availabilities {
  /** A list never changes: its name is its checksum. */
  private readonly archiveIds = new Map<string, Promise<readonly string[]>>();

  constructor(
    private readonly store: PublicStore,
    private readonly embargoes: Embargoes,
    private readonly clock: Clock,
  ) {}

  async of(record: StoredRecord['record']): Promise<Availability> {
    const until = this.embargoOf(record);
    if (until !== undefined) return { kind: 'embargoed', until };
    if (record.files === undefined) return { kind: 'unlisted' };
    const wanted = await this.archiveIdsOf(record.files.sha256);
    if (wanted.length === 0) return { kind: 'elsewhere' };
    const there = await this.store.copies.countDocuments({
      _id: { $in: [...wanted] },
      expiresAt: { $gt: this.clock.now() },
    });
    return there === wanted.length ? { kind: 'ready' } : { kind: 'tape' };
  }

  /** The end of an embargo that lies ahead. */
  embargoOf(record: EmbargoedRecord): Date | undefined {
    return this.embargoes.endOf(record);
  }

  private archiveIdsOf(list: string): Promise<readonly string[]> {
    const known = this.archiveIds.get(list);
    if (known !== undefined) return known;
    const asking = this.store.files
      .distinct('archiveId', { list })
      .then((ids) => ids.filter((id): id is string => typeof id === 'string'));
    this.archiveIds.set(list, asking);
    if (this.archiveIds.size > maxLists)
      this.archiveIds.delete(this.archiveIds.keys().next().value as string);
    asking.catch(() => this.archiveIds.delete(list));
    return asking;
  }
}
