/** A set of slots, one bit each: a million of them are 125 kB, and two are combined in tens of microseconds. */
export class BitSet {
  private constructor(readonly words: Uint32Array) {}

  static ofSize(size: number): BitSet {
    return new BitSet(new Uint32Array((size + 31) >>> 5));
  }

  copy(): BitSet {
    return new BitSet(this.words.slice());
  }

  add(slot: number): void {
    this.words[slot >>> 5]! |= 1 << (slot & 31);
  }

  delete(slot: number): void {
    this.words[slot >>> 5]! &= ~(1 << (slot & 31));
  }

  has(slot: number): boolean {
    return ((this.words[slot >>> 5]! >>> (slot & 31)) & 1) === 1;
  }

  /** Keeps what is in the other one as well. */
  and({ words }: BitSet): this {
    for (let index = 0; index < this.words.length; index += 1) this.words[index]! &= words[index]!;
    return this;
  }

  or({ words }: BitSet): this {
    for (let index = 0; index < this.words.length; index += 1) this.words[index]! |= words[index]!;
    return this;
  }

  /** Takes out what is in the other one. */
  without({ words }: BitSet): this {
    for (let index = 0; index < this.words.length; index += 1) this.words[index]! &= ~words[index]!;
    return this;
  }

  get size(): number {
    let count = 0;
    for (let index = 0; index < this.words.length; index += 1) {
      let word = this.words[index]!;
      word -= (word >>> 1) & 0x55555555;
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
      count += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
    }
    return count;
  }

  /** The same slots with room for more of them. */
  grown(size: number): BitSet {
    const larger = BitSet.ofSize(size);
    larger.words.set(this.words);
    return larger;
  }

  forEach(visit: (slot: number) => void): void {
    for (let index = 0; index < this.words.length; index += 1) this.visitWord(index, visit);
  }

  /** The slots of one of its words. */
  visitWord(index: number, visit: (slot: number) => void): void {
    for (let word = this.words[index]!; word !== 0; word &= word - 1)
      visit((index << 5) | (31 - Math.clz32(word & -word)));
  }
}
