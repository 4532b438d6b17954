import type { PublicStore } from '../persistence/public-store.js';
import type { HarvestedRecord } from './oai-envelope.js';

const second = 1000;
/** A window this wide may hold more than can be sorted in passing: it is looked into first. */
const wide = 3600 * second;
/** Rows of a window that are sorted without hesitation. */
const maxSorted = 2000;

/** A stretch of the list of all records in the order of their datestamps. */
export interface Stretch {
  readonly condition: { readonly sets?: string };
  readonly from: Date;
  /** The first moment that is not asked for. */
  readonly before?: Date;
  /** Goes on behind this record. */
  readonly after?: { readonly datestamp: Date; readonly id: string };
  /** Milliseconds that held as many records as are wanted lately; a guess. */
  readonly width: number;
}

/**
 * Reads at most so many records in the order of (datestamp, _id), as they come.
 *
 * Time is walked in windows whose width follows how dense the records are: not every engine reads a sorted range from
 * an index, some sort all that matches. A window of a few hundred rows costs the same at the start, in the middle and
 * at the end of a million records.
 */
export async function* harvest(
  records: PublicStore['records'],
  stretch: Stretch,
  projection: Readonly<Record<string, 1>>,
  most: number,
  now: Date,
): AsyncGenerator<HarvestedRecord, void, undefined> {
  const { condition, before, after } = stretch;
  let lower = after?.datestamp ?? stretch.from;
  let width = Math.max(stretch.width, second);
  let left = most;
  while (left > 0 && (before === undefined || lower < before)) {
    // Nothing is dated ahead, but for clocks that were set back.
    const last = lower > now;
    const end = last ? before : earlier(new Date(lower.getTime() + width), before);
    const filter = {
      ...condition,
      datestamp: { $gte: lower, ...(end === undefined ? {} : { $lt: end }) },
      ...(lower === after?.datestamp
        ? { $or: [{ datestamp: { $gt: lower } }, { _id: { $gt: after.id } }] }
        : {}),
    };
    if (width > wide && !last && (await isCrowded(records, filter))) {
      width = Math.max(Math.floor(width / 16 / second) * second, wide);
      continue;
    }
    const cursor = records
      .find<HarvestedRecord>(filter, { projection })
      .sort({ datestamp: 1, _id: 1 })
      .limit(left)
      .batchSize(100);
    try {
      for await (const record of cursor) {
        left -= 1;
        yield record;
      }
    } finally {
      await cursor.close();
    }
    if (end === undefined) return;
    lower = end;
    width *= 4;
  }
}

async function isCrowded(records: PublicStore['records'], filter: object): Promise<boolean> {
  const rows = await records
    .find(filter, { projection: { _id: 1 } })
    .limit(maxSorted)
    .toArray();
  return rows.length === maxSorted;
}

function earlier(date: Date, other: Date | undefined): Date {
  return other !== undefined && other < date ? other : date;
}
