import { Injectable } from '@nestjs/common';
import { AskedTogether } from '#kernel';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';

type Fields = Record<string, unknown>;

/** Changes shown with a dataset; all of them are at `/history`. */
const maxChanges = 1000;
const hidden = new Set(['updatedAt', 'updatedBy', '__v', '_id', 'history']);

export interface HistoryRecord {
  documentId: string;
  before: Fields | null;
  after: Fields | null;
  user: string;
  timestamp: Date;
}

/** The `history` list of a v3 dataset, rebuilt from the collection `History`: oldest first, one entry a change. */
@Injectable()
export class DatasetHistory {
  private readonly together = new AskedTogether<string, HistoryRecord[]>((pids) => this.changesOfAll(pids));

  constructor(private readonly catalogue: Catalogue) {}

  /** The changes of a dataset, the newest first: can be read while the dataset itself is. */
  changesOf(pid: string): Promise<readonly HistoryRecord[]> {
    return this.together.of(pid);
  }

  entries({ datasetlifecycle }: DatasetRecord, records: readonly HistoryRecord[]): Fields[] {
    let lifecycle: Fields = { ...datasetlifecycle };
    const entries = records.map((stored) => {
      // Records of other programs may lack one side.
      const record = { ...stored, before: stored.before ?? {}, after: stored.after ?? {} };
      const entry = entryOf(record, lifecycle);
      const before = record.before['datasetlifecycle'];
      if (isObject(before)) lifecycle = { ...lifecycle, ...before };
      return entry;
    });
    return entries.reverse();
  }

  /** Of several datasets by one query; where they have more changes than one of them shows, each by its own. */
  private async changesOfAll(pids: readonly string[]): Promise<HistoryRecord[][]> {
    const wanted = [...new Set(pids)];
    const changes = await this.read(wanted.length === 1 ? wanted[0]! : { $in: wanted });
    if (wanted.length > 1 && changes.length === maxChanges)
      return Promise.all(pids.map((pid) => this.read(pid)));
    return pids.map((pid) => changes.filter(({ documentId }) => documentId === pid));
  }

  private async read(documentId: string | { $in: string[] }): Promise<HistoryRecord[]> {
    return (await this.catalogue
      .other('History')
      .find({ subsystem: 'Dataset', documentId, operation: 'update' })
      .sort({ timestamp: -1 })
      .limit(maxChanges)
      .toArray()) as unknown as HistoryRecord[];
  }
}

type Change = HistoryRecord & { before: Fields; after: Fields };

/**
 * Records hold what changed, or both documents as a whole: the entry shows what changed. Of a lifecycle it may be single
 * parts; readers expect the whole of it.
 */
function entryOf({ before, after, user, timestamp }: Change, lifecycle: Fields): Fields {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !hidden.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const changes = names.map((name) => [
    name,
    name === 'datasetlifecycle'
      ? {
          previousValue: { ...lifecycle, ...(before[name] as Fields | undefined) },
          currentValue: { ...lifecycle, ...(after[name] as Fields | undefined) },
        }
      : { previousValue: before[name], currentValue: after[name] },
  ]);
  return { ...Object.fromEntries(changes), updatedAt: timestamp, updatedBy: user, _id: '' };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
