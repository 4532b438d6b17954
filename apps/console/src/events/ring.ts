/** Milliseconds for which a page that was cut off is told what it missed. */
const memory = 120_000;
/** Events: of more, pages fetch everything anew. */
const most = 5000;
/** Milliseconds: clocks of those who tell differ; what is told twice is shown once. */
const overlap = 5000;

interface Kept {
  /** When it happened, as the event's id says; milliseconds since 1970. */
  readonly id: number;
  /** When it was heard here. */
  readonly at: number;
  readonly data: string;
}

/** What was told in the last two minutes, for those who come back. */
export class Ring {
  private readonly kept: Kept[] = [];
  /** From when on nothing is missing; undefined before anything was heard. */
  private from: number | undefined;

  /** Whatever comes after `id` will be heard. */
  begin(id: number): void {
    this.from ??= id;
  }

  add(id: number, data: string, now: number): void {
    this.begin(id);
    this.kept.push({ id, at: now, data });
    this.forget(now);
  }

  /** Everything before was missed, or is too much. */
  restart(id: number): void {
    this.kept.length = 0;
    this.from = id;
  }

  /** What a page that heard `id` last has missed; undefined: that is not known any more. */
  since(id: number, now: number): readonly Kept[] | undefined {
    this.forget(now);
    if (this.from === undefined || id < this.from || id < now - memory) return undefined;
    return this.kept.filter((one) => one.id >= id - overlap);
  }

  private forget(now: number): void {
    while (this.kept.length > most || (this.kept[0]?.at ?? now) < now - memory) {
      const gone = this.kept.shift()!;
      this.from = Math.max(this.from ?? 0, gone.id + 1);
    }
  }
}
