import type { FieldKind } from '../domain/field-query.js';
import { maxFacetValues, type FacetRow } from '../persistence/facets.js';
import type { BitSet } from './bit-set.js';
import { CellColumn } from './cell-column.js';
import { compareCells, keyOf, type Cell, type Scalar } from './cells.js';
import type { NumberColumn } from './number-column.js';
import type { RecordTable } from './record-table.js';

const dayInMilliseconds = 86_400_000;

/**
 * How many of these records have each value of a field, as `facetsOf` has the database count them.
 *
 * @returns undefined where the table cannot tell
 */
export function facetRows(
  table: RecordTable,
  { field, kind }: { readonly field: string; readonly kind: FieldKind },
  slots: BitSet,
): FacetRow[] | undefined {
  const column = table.column(field);
  if (column === undefined || !column.isClear) return undefined;
  if (column instanceof CellColumn)
    return kind === 'date' ? undefined : valuesOf(column.countsIn(slots), kind === 'array');
  return kind === 'date' && column.kind === 'date' ? daysOf(column, slots) : undefined;
}

/** Each value of a list counts for itself where the field is one of lists. */
function valuesOf(counts: readonly (readonly [cell: Cell, count: number])[], isList: boolean): FacetRow[] {
  const rows = new Map<string, { readonly value: Cell; count: number }>();
  const add = (value: Cell, count: number): void => {
    const key = keyOf(value);
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { value, count });
    else row.count += count;
  };
  for (const [cell, count] of counts)
    if (!isList) add(cell ?? null, count);
    else if (Array.isArray(cell)) for (const item of cell as Scalar[]) add(item, count);
    else if (cell !== undefined && cell !== null) add(cell, count);
  return [...rows.values()]
    .sort((one, other) => compareCells(other.value, one.value))
    .slice(0, maxFacetValues)
    .map(({ value, count }) => ({ _id: value, count }));
}

function daysOf(column: NumberColumn, slots: BitSet): FacetRow[] {
  const days = new Map<number, number>();
  let [day, count] = [Number.NaN, 0];
  const add = (): void => void (count > 0 && days.set(day, (days.get(day) ?? 0) + count));
  slots.forEach((slot) => {
    const value = Math.floor(column.valueOf(slot) / dayInMilliseconds);
    // Records of one day stand together, as a rule.
    if (value === day) {
      count += 1;
      return;
    }
    add();
    [day, count] = [value, Number.isNaN(value) ? 0 : 1];
  });
  add();
  return [...days]
    .sort(([one], [other]) => other - one)
    .slice(0, maxFacetValues)
    .map(([number, records]) => {
      const date = new Date(number * dayInMilliseconds);
      const _id = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      return { _id, count: records };
    });
}
