/** Slots whose place in the table is free again. */
const removed = -2;
const empty = -1;

/**
 * The ids of all records, and the slot of each: as bytes in one buffer and as numbers in another, because a million texts would
 * keep the collector of garbage busy and take twice the memory.
 */
export class IdColumn {
  private bytes = Buffer.alloc(1024);
  private end = 0;
  /** Bytes of ids that are gone. */
  private wasted = 0;
  private starts: Uint32Array;
  private lengths: Uint16Array;
  private places: Int32Array;
  /** Places that are not empty. */
  private taken = 0;

  constructor(size: number) {
    this.starts = new Uint32Array(size);
    this.lengths = new Uint16Array(size);
    this.places = new Int32Array(2 ** Math.ceil(Math.log2(size * 2 + 1))).fill(empty);
  }

  grow(size: number): void {
    const [starts, lengths] = [new Uint32Array(size), new Uint16Array(size)];
    starts.set(this.starts);
    lengths.set(this.lengths);
    [this.starts, this.lengths] = [starts, lengths];
  }

  idOf(slot: number): string {
    const start = this.starts[slot]!;
    return this.bytes.toString('utf8', start, start + this.lengths[slot]!);
  }

  /** @returns undefined for an id that no record has */
  slotOf(id: string): number | undefined {
    return this.slotOfBytes(Buffer.from(id));
  }

  /**
   * The same for a row that has nothing but its id, as it came from the database (`raw`): of a thousand rows no objects and no texts
   * are made.
   */
  slotOfRow(row: Uint8Array): number | undefined {
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    // BSON: length of the document, type (text), name, length of the text and its end, text.
    if (bytes.toString('latin1', 4, 9) !== '\u0002_id\0') return undefined;
    return this.slotOfBytes(bytes.subarray(13, 12 + bytes.readInt32LE(9)));
  }

  private slotOfBytes(sought: Buffer): number | undefined {
    const place = this.placeOf(sought);
    return place === undefined ? undefined : this.places[place];
  }

  /** @param id one that no record has yet */
  set(slot: number, id: string): void {
    const bytes = Buffer.from(id);
    if (this.taken * 2 >= this.places.length) this.rehash();
    this.makeRoom(bytes.length);
    bytes.copy(this.bytes, this.end);
    this.starts[slot] = this.end;
    this.lengths[slot] = bytes.length;
    this.end += bytes.length;
    this.enter(slot, bytes);
  }

  clear(slot: number): void {
    const start = this.starts[slot]!;
    const place = this.placeOf(this.bytes.subarray(start, start + this.lengths[slot]!));
    if (place !== undefined) this.places[place] = removed;
    this.wasted += this.lengths[slot]!;
    this.lengths[slot] = 0;
  }

  /** Negative where the id of the first comes before that of the second, by their bytes. */
  compare(left: number, right: number): number {
    const [one, other] = [this.starts[left]!, this.starts[right]!];
    return this.bytes.compare(
      this.bytes,
      other,
      other + this.lengths[right]!,
      one,
      one + this.lengths[left]!,
    );
  }

  private placeOf(id: Buffer): number | undefined {
    const mask = this.places.length - 1;
    for (let place = hashOf(id) & mask; ; place = (place + 1) & mask) {
      const slot = this.places[place]!;
      if (slot === empty) return undefined;
      if (slot !== removed && this.isAt(slot, id)) return place;
    }
  }

  private isAt(slot: number, id: Buffer): boolean {
    const [start, length] = [this.starts[slot]!, this.lengths[slot]!];
    return length === id.length && id.compare(this.bytes, start, start + length) === 0;
  }

  private enter(slot: number, id: Buffer): void {
    const mask = this.places.length - 1;
    let place = hashOf(id) & mask;
    while (this.places[place]! !== empty) place = (place + 1) & mask;
    this.places[place] = slot;
    this.taken += 1;
  }

  /** Places of ids that are gone become empty again. */
  private rehash(): void {
    const slots = this.places.filter((slot) => slot >= 0);
    let length = this.places.length;
    while (slots.length * 4 > length) length *= 2;
    this.places = new Int32Array(length).fill(empty);
    this.taken = 0;
    for (const slot of slots) {
      const start = this.starts[slot]!;
      this.enter(slot, this.bytes.subarray(start, start + this.lengths[slot]!));
    }
  }

  private makeRoom(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const isWasteful = this.wasted * 2 > this.end;
    const needed = (isWasteful ? this.end - this.wasted : this.end) + length;
    const larger = Buffer.alloc(Math.max(needed + (needed >>> 1), this.bytes.length));
    if (!isWasteful) {
      this.bytes.copy(larger, 0, 0, this.end);
      this.bytes = larger;
      return;
    }
    let end = 0;
    for (const slot of this.places) {
      if (slot < 0) continue;
      const start = this.starts[slot]!;
      this.bytes.copy(larger, end, start, start + this.lengths[slot]!);
      this.starts[slot] = end;
      end += this.lengths[slot]!;
    }
    [this.bytes, this.end, this.wasted] = [larger, end, 0];
  }
}

/** FNV-1a, with its bits mixed once more: ids differ at their end. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index += 1) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
