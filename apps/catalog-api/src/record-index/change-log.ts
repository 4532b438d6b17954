/** Changes that are remembered: who has not looked for longer begins anew. */
const maxChanges = 20_000;

/** Slots of a table in the order in which what they tell was changed. */
export class ChangeLog {
  private readonly slots = new Int32Array(maxChanges);
  private noted = 0;

  /** The place of the next change. */
  get end(): number {
    return this.noted;
  }

  note(slot: number): void {
    this.slots[this.noted % maxChanges] = slot;
    this.noted += 1;
  }

  /** What was changed from a place on. @returns undefined where that is forgotten in part */
  since(place: number): ReadonlySet<number> | undefined {
    if (this.noted - place > maxChanges) return undefined;
    const changed = new Set<number>();
    for (let at = place; at < this.noted; at += 1) changed.add(this.slots[at % maxChanges]!);
    return changed;
  }
}
