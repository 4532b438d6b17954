/** FNV-1a, 32 bits. */
function hashOf(text: string, start: number): number {
  let hash = start ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** The end of MurmurHash3: neighbouring numbers become unlike ones. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Whatever a simulation leaves to chance, from one seed. What comes under one label is a row of its own: when a shrunk story
 * leaves something out, the draws under all other labels stay what they were.
 */
export class Chance {
  private readonly rows = new Map<string, { readonly hash: number; count: number }>();
  private readonly start: number;

  constructor(readonly seed: number) {
    this.start = mixed(seed + 0x9e3779b9);
  }

  /** The next number of a label: at least 0, below 1. */
  next(label: string): number {
    let row = this.rows.get(label);
    if (row === undefined) this.rows.set(label, (row = { hash: hashOf(label, this.start), count: 0 }));
    row.count += 1;
    return mixed(row.hash + Math.imul(row.count, 0x9e3779b1)) / 2 ** 32;
  }

  /** A whole number: at least `from`, at most `to`. */
  between(label: string, from: number, to: number): number {
    return from + Math.floor(this.next(label) * (to - from + 1));
  }

  happens(label: string, probability: number): boolean {
    return this.next(label) < probability;
  }

  oneOf<Item>(label: string, items: readonly Item[]): Item {
    return items[Math.floor(this.next(label) * items.length)]!;
  }
}
