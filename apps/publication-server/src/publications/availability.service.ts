import { Injectable } from '@nestjs/common';
import { doiKey } from '#datacite';
import { Clock } from '#kernel';
import { Embargoes, type EmbargoedRecord } from '../persistence/embargoes.js';
import { MostRecent } from '../persistence/most-recent.js';
import { filesOnPage, PublicReads } from '../persistence/public-reads.js';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredFile, StoredRecord } from '../persistence/records.js';

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

/** Archive ids that are remembered, of all lists together. */
const maxRemembered = 100_000;
/** Copies of one publication that are asked for one by one, together with those of others. */
const maxShared = 8;

/** Where the files of publications are: one indexed query for copies, and once for each list of files what it is made of. */
@Injectable()
export class Availabilities {
  /** A list never changes: its name is its checksum. */
  private readonly archiveIds = new MostRecent<readonly string[]>(maxRemembered);

  constructor(
    private readonly store: PublicStore,
    private readonly reads: PublicReads,
    private readonly embargoes: Embargoes,
    private readonly clock: Clock,
  ) {}

  async of(record: StoredRecord['record']): Promise<Availability> {
    const until = this.embargoOf(record);
    if (until !== undefined) return { kind: 'embargoed', until };
    if (record.files === undefined) return { kind: 'unlisted' };
    const wanted = await this.archiveIdsOf(record);
    if (wanted.length === 0) return { kind: 'elsewhere' };
    return (await this.areThere(wanted)) ? { kind: 'ready' } : { kind: 'tape' };
  }

  private async areThere(archiveIds: readonly string[]): Promise<boolean> {
    const now = this.clock.now();
    if (archiveIds.length <= maxShared) {
      const copies = await Promise.all(archiveIds.map((id) => this.reads.copies.get(id)));
      return copies.every((copy) => copy !== undefined && copy.expiresAt > now);
    }
    const there = await this.store.copies.countDocuments({
      _id: { $in: [...archiveIds] },
      expiresAt: { $gt: now },
    });
    return there === archiveIds.length;
  }

  /** The end of an embargo that lies ahead. */
  embargoOf(record: EmbargoedRecord): Date | undefined {
    return this.embargoes.endOf(record);
  }

  private async archiveIdsOf({ doi, files }: StoredRecord['record']): Promise<readonly string[]> {
    if (files !== undefined && files.count <= filesOnPage)
      return archiveIdsIn(await this.reads.firstFilesOf(files));
    const list = files?.sha256 ?? '';
    const known = this.archiveIds.get(list);
    if (known !== undefined) return known;
    const found = await this.store.files.distinct('archiveId', { list });
    const ids = found.filter((id): id is string => typeof id === 'string');
    // A list that its record has left may be gone in part.
    const user = await this.store.records.findOne(
      { _id: doiKey(doi), 'record.files.sha256': list },
      { projection: { _id: 1 } },
    );
    if (user !== null) this.archiveIds.keep(list, ids, ids.length + 1);
    return ids;
  }
}

function archiveIdsIn(files: readonly StoredFile[]): string[] {
  const ids = files.map(({ archiveId }) => archiveId);
  return [...new Set(ids.filter((id): id is string => typeof id === 'string'))];
}
