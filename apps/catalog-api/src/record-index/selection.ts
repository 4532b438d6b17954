import { isScalar } from './cells.js';
import { isOperators, testOf } from './cell-conditions.js';
import { CellColumn } from './cell-column.js';
import { foundRecords, FoundRecords } from './found-records.js';
import type { BitSet } from './bit-set.js';
import type { NumberColumn, Range } from './number-column.js';
import type { RecordTable } from './record-table.js';

type Fields = Readonly<Record<string, unknown>>;

/** Looks at all records that one condition may take: each is about a millisecond a million records. */
const maxLooks = 60;
/** Ids that one condition may name. */
const maxIds = 10_000;

/**
 * The records that meet a condition, as the database would find them.
 *
 * @param ids names of the field that holds the id
 * @returns undefined where the table cannot tell: a field that it does not keep, words, patterns, values of doubtful order
 */
export function selectedBy(
  table: RecordTable,
  condition: Fields,
  ids: ReadonlySet<string>,
): BitSet | undefined {
  return new Selection(table, ids).of(condition);
}

class Selection {
  private looks = 0;

  constructor(
    private readonly table: RecordTable,
    private readonly ids: ReadonlySet<string>,
  ) {}

  of(condition: Fields): BitSet | undefined {
    let found: BitSet | undefined;
    for (const [name, value] of Object.entries(condition)) {
      const part = this.part(name, value);
      if (part === undefined) return undefined;
      found = found === undefined ? part : found.and(part);
    }
    return found ?? this.table.all();
  }

  private part(name: string, value: unknown): BitSet | undefined {
    if (name === '$and' || name === '$or' || name === '$nor') return this.combined(name, value);
    if (name === foundRecords && value instanceof FoundRecords)
      return this.table.onlyTaken(value.slots.grown(this.table.slots));
    if (name.startsWith('$')) return undefined;
    this.looks += 1;
    if (this.looks > maxLooks) return undefined;
    if (this.ids.has(name)) return this.withIds(value);
    const column = this.table.column(name);
    if (column === undefined || !column.isClear) return undefined;
    const matching =
      column instanceof CellColumn ? this.inCells(column, value) : this.inNumbers(column, value);
    // What a slot said before its record was removed is nobody's.
    return matching && this.table.onlyTaken(matching);
  }

  private combined(name: '$and' | '$or' | '$nor', value: unknown): BitSet | undefined {
    if (!Array.isArray(value) || value.length === 0 || !value.every(isPlain)) return undefined;
    let found: BitSet | undefined;
    for (const condition of value) {
      const part = this.of(condition);
      if (part === undefined) return undefined;
      if (found === undefined) found = part;
      else if (name === '$and') found.and(part);
      else found.or(part);
    }
    return name === '$nor' ? this.table.all().without(found!) : found;
  }

  private inCells(column: CellColumn, value: unknown): BitSet | undefined {
    const test = testOf(value);
    return test === undefined ? undefined : column.matching(test, this.table.slots);
  }

  private inNumbers(column: NumberColumn, value: unknown): BitSet | undefined {
    if (value === null) return column.absent(this.table.slots);
    const ranges = rangesOf(value, column.kind);
    return ranges === undefined ? undefined : column.within(ranges, this.table.slots);
  }

  private withIds(value: unknown): BitSet | undefined {
    const wanted = typeof value === 'string' ? [value] : idsIn(value);
    if (wanted === undefined || wanted.length > maxIds) return undefined;
    const found = this.table.none();
    for (const id of wanted) {
      const slot = this.table.ids.slotOf(id);
      if (slot !== undefined) found.add(slot);
    }
    return found;
  }
}

function isPlain(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function idsIn(value: unknown): readonly string[] | undefined {
  if (!isOperators(value) || Object.keys(value).length !== 1) return undefined;
  const { $in: list, $eq: one } = value;
  if (typeof one === 'string') return [one];
  return Array.isArray(list) && list.every((id) => typeof id === 'string') ? list : undefined;
}

/** Of one comparison, or of a lower and an upper one. */
function rangesOf(value: unknown, kind: 'number' | 'date'): readonly Range[] | undefined {
  const equal = numberIn(value, kind);
  if (equal !== undefined) return [{ from: equal, to: equal }];
  if (!isOperators(value)) return undefined;
  let [from, to] = [-Infinity, Infinity];
  for (const [operator, operand] of Object.entries(value)) {
    if (operator === '$in') return listed(operand, kind, Object.keys(value).length);
    const number = numberIn(operand, kind);
    if (number === undefined) return undefined;
    switch (operator) {
      case '$eq':
        [from, to] = [Math.max(from, number), Math.min(to, number)];
        break;
      case '$gte':
        from = Math.max(from, number);
        break;
      case '$gt':
        from = Math.max(from, after(number));
        break;
      case '$lte':
        to = Math.min(to, number);
        break;
      case '$lt':
        to = Math.min(to, -after(-number));
        break;
      default:
        return undefined;
    }
  }
  return [{ from, to }];
}

/** Numbers that one list may name: each is a look of its own. */
const maxListed = 10;

function listed(values: unknown, kind: 'number' | 'date', operators: number): readonly Range[] | undefined {
  if (!Array.isArray(values) || values.length > maxListed || operators > 1) return undefined;
  const numbers = values.map((value) => numberIn(value, kind));
  return numbers.includes(undefined) ? undefined : numbers.map((one) => ({ from: one!, to: one! }));
}

function numberIn(value: unknown, kind: 'number' | 'date'): number | undefined {
  if (kind === 'date')
    return value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : undefined;
  return typeof value === 'number' && isScalar(value) ? value : undefined;
}

const bits = new DataView(new ArrayBuffer(8));

/** The next larger number that there is. */
function after(number: number): number {
  if (number === 0) return Number.MIN_VALUE;
  bits.setFloat64(0, number);
  bits.setBigInt64(0, bits.getBigInt64(0) + (number > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
