import { isDatabaseAway } from '#persistence';

/** Keys of one query: a record may have several megabytes. */
const maxKeys = 16;
/** Milliseconds after which a query that is still under way is not waited for any longer. */
const patience = 20;

class Asked<Row> {
  answer!: (row: Row | undefined) => void;
  fail!: (error: unknown) => void;
  readonly row = new Promise<Row | undefined>((resolve, reject) => {
    this.answer = resolve;
    this.fail = reject;
  });
}

/**
 * Rows of the store for many who ask at the same time: what is asked while a query is under way is asked together, in the
 * next one. Nothing is kept: every answer was read after it was asked for. A query costs the processor time of several
 * rows, wherever it runs.
 */
export class SharedReads<Row> {
  private waiting = new Map<string, Asked<Row>>();
  private running = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param query gives the rows that are there, by key */
  constructor(private readonly query: (keys: readonly string[]) => Promise<ReadonlyMap<string, Row>>) {}

  /** The row of a key as it is now; for reading only, as others may have the same. */
  get(key: string): Promise<Row | undefined> {
    const asked = this.waiting.get(key) ?? this.ask(key);
    if (this.waiting.size >= maxKeys) this.begin();
    return asked.row;
  }

  private ask(key: string): Asked<Row> {
    const asked = new Asked<Row>();
    this.waiting.set(key, asked);
    if (this.waiting.size > 1) return asked;
    // Who asks first lets those speak whose requests have come already.
    if (this.running === 0) setImmediate(() => this.begin());
    else this.timer = setTimeout(() => this.begin(), patience);
    return asked;
  }

  private begin(): void {
    clearTimeout(this.timer);
    const batch = this.waiting;
    if (batch.size === 0) return;
    this.waiting = new Map();
    this.running += 1;
    void this.read(batch).finally(() => {
      this.running -= 1;
      this.begin();
    });
  }

  private async read(batch: ReadonlyMap<string, Asked<Row>>): Promise<void> {
    try {
      const rows = await this.query([...batch.keys()]);
      for (const [key, { answer }] of batch) answer(rows.get(key));
    } catch (error) {
      if (batch.size === 1 || isDatabaseAway(error)) for (const { fail } of batch.values()) fail(error);
      // One that cannot be asked for stands in nobody's way.
      else await Promise.all([...batch].map((one) => this.read(new Map([one]))));
    }
  }
}
