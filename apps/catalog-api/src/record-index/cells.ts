/** What one field of a record holds, where its meaning in a condition is beyond doubt; `undefined`: the field is absent. */
export type Scalar = string | number | boolean | null;
export type Cell = Scalar | undefined | readonly Scalar[];

/** A value that the database may read in more ways than one: an object, a list in a list, a number that is none. */
export const unclear = Symbol('unclear');

/** The value at a dotted path. @returns `unclear` where a list stands in the way */
export function valueAt(record: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = record;
  for (const name of path) {
    if (Array.isArray(value)) return unclear;
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export function cellOf(value: unknown): Cell | typeof unclear {
  if (value === undefined || isScalar(value)) return value;
  if (Array.isArray(value) && value.every(isScalar)) return value;
  return unclear;
}

export function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'string' || typeof value === 'boolean' || value === null;
}

/** Tells any two cells apart, texts from what they look like included. */
export function keyOf(cell: Cell): string {
  return cell === undefined ? '' : JSON.stringify(cell);
}

const ranks: Readonly<Record<string, number>> = { null: 1, number: 2, string: 3, list: 4, boolean: 5 };

/** The order of values in the database: by type, then by value; texts by their UTF-8 bytes. */
export function compareCells(left: Cell, right: Cell): number {
  const [kind, other] = [kindOf(left), kindOf(right)];
  if (kind !== other) return ranks[kind]! - ranks[other]!;
  if (kind === 'string') return compareTexts(left as string, right as string);
  if (kind === 'list') return compareLists(left as readonly Scalar[], right as readonly Scalar[]);
  return Number(left ?? 0) - Number(right ?? 0);
}

/** Below the halves of pairs, UTF-16 has the order of UTF-8. */
const firstHalf = 0xd800;

function compareTexts(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (one === other) continue;
    return one < firstHalf && other < firstHalf
      ? one - other
      : Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  return left.length - right.length;
}

function compareLists(left: readonly Scalar[], right: readonly Scalar[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = compareCells(left[index], right[index]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function kindOf(cell: Cell): string {
  if (cell === undefined || cell === null) return 'null';
  return Array.isArray(cell) ? 'list' : typeof cell;
}
