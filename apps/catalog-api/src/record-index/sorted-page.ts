import type { BitSet } from './bit-set.js';
import { CellColumn } from './cell-column.js';
import type { RecordTable } from './record-table.js';

export interface PageOrder {
  readonly sort: Readonly<Record<string, 1 | -1>>;
  readonly skip: number;
  readonly limit: number;
}

const buckets = 4096;
/** Words of a set that are looked at to find out what lies in it. */
const maxSampled = 256;
/** Rounds in which a bucket with too many records is parted once more. */
const maxRounds = 6;
/** Records that are put in order one by one where they cannot be parted, beside those of the page. */
const maxSorted = 20_000;
/** As many are put in order in any case, beside twice those of the page: to part them costs as much. */
const fewSorted = 64;
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
  let found = lowest(set, size, keyOf, skip + limit) ?? all(set, size, keyOf);
  for (let round = 0; round < maxRounds && found.slots.length > fewSorted + 2 * limit; round += 1) {
    const fewer = narrowed(found, skip - found.before, limit);
    if (fewer.slots.length === found.slots.length) break;
    found = fewer;
  }
  return found.slots.length <= maxSorted + limit ? found : undefined;
}

function all(set: BitSet, size: number, keyOf: (slot: number) => number): Candidates {
  const [slots, keys] = [new Uint32Array(size), new Float64Array(size)];
  let next = 0;
  set.forEach((slot) => {
    slots[next] = slot;
    keys[next] = keyOf(slot);
    next += 1;
  });
  return { slots, keys, before: 0 };
}

/**
 * The records of the first pages of a large set, and few others: a sample tells below which key they lie, and one look at each record
 * takes those. To hold all of a million records would take 12 MB for each question.
 *
 * @returns undefined where the sample does not tell, or was no good one
 */
function lowest(
  set: BitSet,
  size: number,
  keyOf: (slot: number) => number,
  wanted: number,
): Candidates | undefined {
  const sample = sampleOf(set, keyOf);
  // So many of the sample belong to the page; with what it may be wrong by.
  const expected = (sample.length * wanted) / size;
  const place = Math.ceil(expected + 4 * Math.sqrt(expected)) + 4;
  if (place * 4 >= sample.length) return undefined;
  const most = sample[place]!;
  const [slots, keys]: [number[], number[]] = [[], []];
  set.forEach((slot) => {
    const key = keyOf(slot);
    if (key > most || slots.length > maxSorted) return;
    slots.push(slot);
    keys.push(key);
  });
  if (slots.length < wanted || slots.length > maxSorted) return undefined;
  return { slots: Uint32Array.from(slots), keys: Float64Array.from(keys), before: 0 };
}

/** Keys of some records from everywhere in the set, in their order. */
function sampleOf(set: BitSet, keyOf: (slot: number) => number): Float64Array {
  const keys: number[] = [];
  const { length } = set.words;
  const pace = Math.max(1, length / maxSampled);
  for (let place = 0; place < length; place += pace)
    set.visitWord(Math.floor(place), (slot) => keys.push(keyOf(slot)));
  return Float64Array.from(keys).sort();
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
