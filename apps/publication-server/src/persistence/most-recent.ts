interface Kept<Value> {
  readonly value: Value;
  readonly weight: number;
}

/** What was used last of what never changes under its key, up to a weight in all. */
export class MostRecent<Value> {
  private readonly kept = new Map<string, Kept<Value>>();
  private total = 0;

  /** @param maxWeight of all together, in the unit of `keep`; what is heavier alone is not kept */
  constructor(private readonly maxWeight: number) {}

  get weight(): number {
    return this.total;
  }

  get(key: string): Value | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.value;
  }

  keep(key: string, value: Value, weight: number): void {
    this.forget(key);
    if (weight > this.maxWeight) return;
    this.kept.set(key, { value, weight });
    this.total += weight;
    for (const oldest of this.kept.keys()) {
      if (this.total <= this.maxWeight) break;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    this.total -= this.kept.get(key)?.weight ?? 0;
    this.kept.delete(key);
  }
}
