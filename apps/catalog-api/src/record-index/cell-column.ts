import { BitSet } from './bit-set.js';
import { cellOf, compareCells, keyOf, unclear, type Cell } from './cells.js';

/** Cells of one field that differ; a field with more of them is left to the database. */
const maxCells = 200_000;
/** Different values that are put in order for one page. */
const maxRanked = 20_000;
/** Characters that they may have together. */
const maxCharacters = 16_000_000;
/** The number of the cells that nobody can be sure of. */
const unclearNumber = 0;

/**
 * One field of all records, as numbers of the different values it has: a condition is asked once for each value, and then
 * every record is one look into a table.
 */
export class CellColumn {
  private readonly numbers = new Map<string, number>();
  private cells: (Cell | typeof unclear)[] = [unclear];
  private uses: number[] = [0];
  private free: number[] = [];
  private slots: Uint16Array | Uint32Array;
  private overflown = false;
  private characters = 0;

  constructor(size: number) {
    this.slots = new Uint16Array(size);
  }

  /** Whether every record's value is one that conditions can be asked about. */
  get isClear(): boolean {
    return !this.overflown && this.uses[unclearNumber] === 0;
  }

  grow(size: number): void {
    const larger = this.slots instanceof Uint16Array ? new Uint16Array(size) : new Uint32Array(size);
    larger.set(this.slots);
    this.slots = larger;
  }

  /** @returns whether it is another value than before */
  set(slot: number, value: unknown, isNew: boolean): boolean {
    const before = this.slots[slot]!;
    const number = this.numberOf(cellOf(value));
    if (!isNew && before === number) return false;
    this.uses[number]! += 1;
    if (!isNew) this.letGo(before);
    this.slots[slot] = number;
    return true;
  }

  clear(slot: number): void {
    this.letGo(this.slots[slot]!);
  }

  valueOf(slot: number): Cell | typeof unclear {
    return this.cells[this.slots[slot]!];
  }

  matching(test: (cell: Cell) => boolean, size: number): BitSet {
    const holds = new Uint8Array(this.cells.length);
    for (let number = 1; number < holds.length; number += 1)
      if (this.uses[number]! > 0 && test(this.cells[number] as Cell)) holds[number] = 1;
    return found(this.slots, holds, size);
  }

  /** How many of these records have each value. */
  countsIn(slots: BitSet): (readonly [cell: Cell, count: number])[] {
    const counts = new Uint32Array(this.cells.length);
    const { words } = slots;
    const column = this.slots;
    for (let index = 0; index < words.length; index += 1)
      for (let word = words[index]!; word !== 0; word &= word - 1)
        counts[column[(index << 5) | (31 - Math.clz32(word & -word))]!]! += 1;
    const rows: (readonly [Cell, number])[] = [];
    for (let number = 1; number < counts.length; number += 1)
      if (counts[number]! > 0) rows.push([this.cells[number] as Cell, counts[number]!]);
    return rows;
  }

  /** A number for each record that is ordered as its values are; undefined where a record has a list of them. */
  ranks(): ((slot: number) => number) | undefined {
    const used = this.cells.flatMap((cell, number) =>
      number !== unclearNumber && this.uses[number]! > 0 ? [[cell as Cell, number] as const] : [],
    );
    if (used.length > maxRanked || used.some(([cell]) => Array.isArray(cell))) return undefined;
    const ranks = new Uint32Array(this.cells.length);
    let rank = 0;
    used
      .sort(([left], [right]) => compareCells(left, right))
      .forEach(([cell, number], place, all) => {
        // What is absent and what is null have one place.
        if (place > 0 && compareCells(all[place - 1]![0], cell) !== 0) rank += 1;
        ranks[number] = rank;
      });
    const column = this.slots;
    return (slot) => ranks[column[slot]!]!;
  }

  private numberOf(cell: Cell | typeof unclear): number {
    if (cell === unclear || this.overflown) return unclearNumber;
    const key = keyOf(cell);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.free.pop() ?? this.cells.length;
    this.characters += key.length;
    if (number > maxCells || this.characters > maxCharacters) return this.giveUp();
    if (number > 0xffff && this.slots instanceof Uint16Array) this.slots = Uint32Array.from(this.slots);
    this.cells[number] = cell;
    this.uses[number] = 0;
    this.numbers.set(key, number);
    return number;
  }

  /** A field of which nearly every record has its own value says nothing as a facet, and would fill the memory. */
  private giveUp(): number {
    this.overflown = true;
    this.numbers.clear();
    this.free = [];
    this.cells = [unclear];
    this.uses = [0];
    this.slots = new Uint16Array(this.slots.length);
    return unclearNumber;
  }

  private letGo(number: number): void {
    if (this.overflown) return;
    this.uses[number]! -= 1;
    if (number === unclearNumber || this.uses[number]! > 0) return;
    const key = keyOf(this.cells[number] as Cell);
    this.numbers.delete(key);
    this.characters -= key.length;
    this.free.push(number);
  }
}

function found(column: Uint16Array | Uint32Array, holds: Uint8Array, size: number): BitSet {
  const set = BitSet.ofSize(size);
  const { words } = set;
  for (let index = 0; index < words.length; index += 1) {
    const first = index << 5;
    const end = Math.min(32, size - first);
    let word = 0;
    for (let bit = 0; bit < end; bit += 1) word |= holds[column[first + bit]!]! << bit;
    words[index] = word;
  }
  return set;
}
