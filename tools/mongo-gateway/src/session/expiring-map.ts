interface Entry<Value> {
  readonly value: Value;
  usedAt: number;
}

/**
 * A map that forgets: entries unused for longer than `idleMilliseconds`, and the least recently used ones above
 * `maximum`. What is forgotten is handed to `onForget`, so that whatever it holds can be given back.
 */
export class ExpiringMap<Key, Value> {
  private readonly entries = new Map<Key, Entry<Value>>();

  constructor(
    private readonly limits: { readonly maximum: number; readonly idleMilliseconds: number },
    private readonly onForget: (key: Key, value: Value) => void = () => undefined,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: Key): Value | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.usedAt = Date.now();
    return entry.value;
  }

  set(key: Key, value: Value): void {
    this.entries.delete(key);
    this.entries.set(key, { value, usedAt: Date.now() });
    if (this.entries.size > this.limits.maximum) this.forgetOldest();
  }

  forgetOldest(): void {
    for (const key of this.entries.keys()) return this.forget(key);
  }

  /** Removes without calling `onForget`: the caller takes the value over. */
  take(key: Key): Value | undefined {
    const entry = this.entries.get(key);
    this.entries.delete(key);
    return entry?.value;
  }

  /** Forgets what was not used lately; entries stand in the order of their use. */
  sweep(): void {
    const limit = Date.now() - this.limits.idleMilliseconds;
    for (const [key, entry] of this.entries) {
      if (entry.usedAt > limit) return;
      this.forget(key);
    }
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.forget(key);
  }

  private forget(key: Key): void {
    const value = this.entries.get(key)?.value as Value;
    this.entries.delete(key);
    this.onForget(key, value);
  }
}
