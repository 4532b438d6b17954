import type { CopyRow, DatasetRecord } from '../calls/archive-shapes.js';

interface Looked {
  /** Whether these are all copies. */
  readonly isWhole: boolean;
  /** Good copies that each of its datablocks has at least; undefined where that is not known. */
  readonly fewest: number | undefined;
}

/** What is known of all copies of a dataset together. */
export type Safety =
  | (Looked & {
      readonly kind: 'good';
      readonly copies: number;
      /** When the copy was read back that was read longest ago. */
      readonly oldest: string | undefined;
      readonly files: Files;
    })
  | (Looked & {
      readonly kind: 'bad';
      /** Copies that are damaged or missing. */
      readonly bad: number;
      readonly repairing: number;
      /** Datablocks without any good copy; undefined where that is not known. */
      readonly lost: number | undefined;
      readonly files: Files;
    })
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/** Whether what is archived has all files of the dataset, as the catalogue counts them. */
export type Files =
  | { readonly kind: 'all' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'some'; readonly archived: number; readonly all: number };

type Copy = Pick<CopyRow, 'archiveId' | 'state' | 'verifiedAt'>;

interface Known {
  /** Copies that were not loaded yet. */
  readonly hasMore: boolean;
  /** Whether all archivers have told, and one at least. */
  readonly isAll: boolean;
  /** What the catalogue says of it; undefined while it has not answered. */
  readonly record: Pick<DatasetRecord, 'numberOfFiles' | 'numberOfFilesArchived'> | undefined;
}

/** Nothing is called safe of which not all is known. */
export function safetyOf(copies: readonly Copy[], { hasMore, isAll, record }: Known): Safety {
  const isWhole = !hasMore && isAll;
  if (copies.length === 0) return isWhole ? { kind: 'none' } : { kind: 'unknown' };
  const counts = goodByDatablock(copies);
  const looked = { isWhole, fewest: isWhole ? Math.min(...counts) : undefined, files: filesOf(record) };
  const notGood = copies.filter(({ state }) => state !== 'verified');
  if (notGood.length === 0)
    return { ...looked, kind: 'good', copies: copies.length, oldest: oldestOf(copies) };
  const repairing = notGood.filter(({ state }) => state === 'repairing').length;
  return {
    ...{ ...looked, kind: 'bad', repairing, bad: notGood.length - repairing },
    lost: isWhole ? counts.filter((count) => count === 0).length : undefined,
  };
}

/** A copy of each datablock proves nothing of files that are in none. */
function filesOf(record: Known['record']): Files {
  const { numberOfFiles: all, numberOfFilesArchived: archived } = record ?? {};
  if (typeof all !== 'number' || typeof archived !== 'number') return { kind: 'unknown' };
  // There are copies: the catalogue has not counted what is in them.
  if (all === 0 && archived === 0) return { kind: 'unknown' };
  return archived < all ? { kind: 'some', archived, all } : { kind: 'all' };
}

function goodByDatablock(copies: readonly Copy[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const { archiveId, state } of copies)
    counts.set(archiveId, (counts.get(archiveId) ?? 0) + (state === 'verified' ? 1 : 0));
  return [...counts.values()];
}

function oldestOf(copies: readonly Copy[]): string | undefined {
  const times = copies.map(({ verifiedAt }) => verifiedAt).filter((one) => !Number.isNaN(Date.parse(one)));
  return times.sort((one, other) => Date.parse(one) - Date.parse(other))[0];
}
