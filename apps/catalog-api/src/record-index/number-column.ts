import { BitSet } from './bit-set.js';

/** A lower and an upper end of numbers; an absent one is open. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * One field of all records whose values are numbers, or times: milliseconds. Absent ones, and null, are kept as NaN; anything
 * else nobody can be sure of.
 */
export class NumberColumn {
  private slots: Float64Array;
  /** Slots whose value is neither. */
  private readonly odd = new Set<number>();

  constructor(
    size: number,
    readonly kind: 'number' | 'date',
  ) {
    this.slots = new Float64Array(size).fill(Number.NaN);
  }

  get isClear(): boolean {
    return this.odd.size === 0;
  }

  grow(size: number): void {
    const larger = new Float64Array(size).fill(Number.NaN);
    larger.set(this.slots);
    this.slots = larger;
  }

  /** @returns whether it is another value than before */
  set(slot: number, value: unknown, isNew: boolean): boolean {
    const number = this.numberOf(value);
    const [was, wasOdd] = [this.slots[slot]!, this.odd.has(slot)];
    if (number === undefined) this.odd.add(slot);
    else this.odd.delete(slot);
    this.slots[slot] = number ?? Number.NaN;
    return isNew || wasOdd || number === undefined || !Object.is(was, this.slots[slot]);
  }

  clear(slot: number): void {
    this.slots[slot] = Number.NaN;
    this.odd.delete(slot);
  }

  /** NaN where there is none. */
  valueOf(slot: number): number {
    return this.slots[slot]!;
  }

  /** Those within any of the ranges, their ends included. */
  within(ranges: readonly Range[], size: number): BitSet {
    const set = BitSet.ofSize(size);
    const { slots } = this;
    for (const { from, to } of ranges)
      for (let slot = 0; slot < size; slot += 1) {
        const value = slots[slot]!;
        if (value >= from && value <= to) set.add(slot);
      }
    return set;
  }

  /** Those without a value, and those whose value is null. */
  absent(size: number): BitSet {
    const set = BitSet.ofSize(size);
    for (let slot = 0; slot < size; slot += 1) if (Number.isNaN(this.slots[slot]!)) set.add(slot);
    return set;
  }

  private numberOf(value: unknown): number | undefined {
    if (value === undefined || value === null) return Number.NaN;
    if (this.kind === 'number') return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
    return value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : undefined;
  }
}
