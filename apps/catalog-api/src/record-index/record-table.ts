import { BitSet } from './bit-set.js';
import { ChangeLog } from './change-log.js';
import { valueAt } from './cells.js';
import { CellColumn } from './cell-column.js';
import { IdColumn } from './id-column.js';
import { NumberColumn } from './number-column.js';

/** How a field is kept: by its different values, or by numbers where nearly every record has its own. */
export type ColumnKind = 'cell' | 'number' | 'date';

export type Column = CellColumn | NumberColumn;

/** UTF-8 bytes of the longest id that is kept. */
const longestId = 0xffff;

/** Some fields of all records of a collection, in columns. */
export class RecordTable {
  private size: number;
  /** Slots below this one were taken at some time. */
  private end = 0;
  private free: number[] = [];
  private readonly columns = new Map<string, { readonly path: readonly string[]; readonly column: Column }>();
  private taken: BitSet;
  private changes = 0;
  private records = 0;
  /** Ids that are too long to be kept: one of them, and the table cannot tell of all records. */
  private tooLong = 0;

  readonly ids: IdColumn;
  readonly changed = new ChangeLog();

  /** @param expected records that there will be, about: a table that grows leaves its former columns to be collected */
  constructor(fields: Readonly<Record<string, ColumnKind>>, expected = 0) {
    this.size = Math.max(1024, Math.ceil((expected * 1.1) / 1024) * 1024);
    this.taken = BitSet.ofSize(this.size);
    this.ids = new IdColumn(this.size);
    for (const [field, kind] of Object.entries(fields))
      this.columns.set(field, {
        path: field.split('.'),
        column: kind === 'cell' ? new CellColumn(this.size) : new NumberColumn(this.size, kind),
      });
  }

  /** Rises with every change of what the table tells. */
  get version(): number {
    return this.changes;
  }

  get count(): number {
    return this.records;
  }

  get isWhole(): boolean {
    return this.tooLong === 0;
  }

  /** Slots that conditions have to look at. */
  get slots(): number {
    return this.end;
  }

  /** A copy: the slots of all records. */
  all(): BitSet {
    const words = (this.end + 31) >>> 5;
    const set = BitSet.ofSize(this.end);
    set.words.set(this.taken.words.subarray(0, words));
    return set;
  }

  none(): BitSet {
    return BitSet.ofSize(this.end);
  }

  /** The given set, without the slots that have no record (any more): no other set of a million bits is made for it. */
  onlyTaken(slots: BitSet): BitSet {
    return slots.and(this.taken);
  }

  column(field: string): Column | undefined {
    return this.columns.get(field)?.column;
  }

  /** @returns whether the table tells something else than before */
  put(id: string, record: Readonly<Record<string, unknown>>): boolean {
    const known = this.ids.slotOf(id);
    if (known === undefined && Buffer.byteLength(id) > longestId) {
      this.tooLong += 1;
      return false;
    }
    const slot = known ?? this.newSlot(id);
    let isChanged = known === undefined;
    for (const { path, column } of this.columns.values()) {
      const isOther = column.set(slot, valueAt(record, path), known === undefined);
      isChanged ||= isOther;
    }
    if (isChanged) this.noteChange(slot);
    return isChanged;
  }

  /** @returns whether it was there */
  remove(id: string): boolean {
    const slot = this.ids.slotOf(id);
    if (slot === undefined) return false;
    for (const { column } of this.columns.values()) column.clear(slot);
    this.ids.clear(slot);
    this.taken.delete(slot);
    this.free.push(slot);
    this.records -= 1;
    this.noteChange(slot);
    return true;
  }

  private noteChange(slot: number): void {
    this.changes += 1;
    this.changed.note(slot);
  }

  private newSlot(id: string): number {
    const slot = this.free.pop() ?? this.end;
    if (slot === this.size) this.grow();
    this.end = Math.max(this.end, slot + 1);
    this.ids.set(slot, id);
    this.taken.add(slot);
    this.records += 1;
    return slot;
  }

  private grow(): void {
    this.size = Math.ceil((this.size * 1.5) / 1024) * 1024;
    this.taken = this.taken.grown(this.size);
    this.ids.grow(this.size);
    for (const { column } of this.columns.values()) column.grow(this.size);
  }
}
