import type { BitSet } from './bit-set.js';
import { CellColumn } from './cell-column.js';
import type { RecordTable } from './record-table.js';

export interface PageOrder {
  readonly sort: Readonly<Record<string, 1 | -1>>;
  readonly skip: number;
  readonly limit: number;
}

const buckets = 4096;
/** Rounds in which a bucket with too many records is parted once more. */
const maxRounds = 6;
/** Records that are put in order one by one, beside those of the page. */
const maxSorted = 20_000;
/** Below every number that a record may have: what is absent comes first. */
const absent = -1e300;

/**
 * The ids of one page, without putting the others in order: records are counted by buckets of what they are sorted by, and only
 * the buckets that the page begins and ends in are looked at. A hundredth page costs what the first one does.
 *
 * @returns undefined where the table cannot tell, or too many records are equal in what they are sorted by
 */
export function sortedPage(
  table: RecordTable,
  slots: BitSet,
  { sort, skip, limit }: PageOrder,
): string[] | undefined {
  const [[field, direction] = [], [last, idDirection] = [], ...more] = Object.entries(sort);
  if (field === undefined || last !== '_id' || more.length > 0) return undefined;
  const keyOf = keysOf(table, field, direction!);
  if (keyOf === undefined) return undefined;
  const found = candidates(slots, keyOf, skip, limit);
  if (found === undefined) return undefined;
  const order = idDirection!;
  const { slots: candidateSlots, keys, before } = found;
  return Array.from(candidateSlots, (slot, index) => ({ slot, key: keys[index]! }))
    .sort((one, other) => one.key - other.key || order * table.ids.compare(one.slot, other.slot))
    .slice(skip - before, skip - before + limit)
    .map(({ slot }) => table.ids.idOf(slot));
}

/** What each record is sorted by, the smallest first. */
function keysOf(
  table: RecordTable,
  field: string,
  direction: 1 | -1,
): ((slot: number) => number) | undefined {
  const column = table.column(field);
  if (column === undefined || !column.isClear) return undefined;
  if (column instanceof CellColumn) {
    const rank = column.ranks();
    return rank && ((slot) => direction * rank(slot));
  }
  return (slot) => {
    const value = column.valueOf(slot);
    return direction * (Number.isNaN(value) ? absent : value);
  };
}

/** Records with what they are sorted by, and how many come before all of them. */
interface Candidates {
  readonly slots: Uint32Array;
  readonly keys: Float64Array;
  readonly before: number;
}

function candidates(
  set: BitSet,
  keyOf: (slot: number) => number,
  skip: number,
  limit: number,
): Candidates | undefined {
  const size = set.size;
  let found: Candidates = { slots: new Uint32Array(size), keys: new Float64Array(size), before: 0 };
  let next = 0;
  set.forEach((slot) => {
    found.slots[next] = slot;
    found.keys[next] = keyOf(slot);
    next += 1;
  });
  for (let round = 0; round < maxRounds; round += 1) {
    if (found.slots.length <= maxSorted + limit) return found;
    const fewer = narrowed(found, skip - found.before, limit);
    if (fewer.slots.length === found.slots.length) return undefined;
    found = fewer;
  }
  return undefined;
}

/** Only the buckets that the page lies in; none where it begins behind the last record. */
function narrowed({ slots, keys, before }: Candidates, skip: number, limit: number): Candidates {
  let [least, most] = [Infinity, -Infinity];
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]!;
    if (key < least) least = key;
    if (key > most) most = key;
  }
  const scale = most === least ? 0 : (buckets - 1) / (most - least);
  const counts = new Uint32Array(buckets);
  for (let index = 0; index < keys.length; index += 1)
    counts[Math.floor((keys[index]! - least) * scale)]! += 1;
  let [skipped, first] = [0, 0];
  while (first < buckets && skipped + counts[first]! <= skip) skipped += counts[first++]!;
  let [count, last] = [first < buckets ? counts[first]! : 0, first];
  while (last + 1 < buckets && skipped + count < skip + limit) count += counts[++last]!;
  const found = { slots: new Uint32Array(count), keys: new Float64Array(count), before: before + skipped };
  let next = 0;
  for (let index = 0; index < keys.length; index += 1) {
    const bucket = Math.floor((keys[index]! - least) * scale);
    if (bucket < first || bucket > last) continue;
    found.slots[next] = slots[index]!;
    found.keys[next] = keys[index]!;
    next += 1;
  }
  return found;
}
