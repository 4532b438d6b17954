import { stillMoving, type Clock } from '#kernel';
import { rowsById, rowsWithIds, type RowsOptions } from '#persistence';
import type { RecordTable } from './record-table.js';

type Row = { readonly _id: string; readonly [field: string]: unknown };

/** What a collection is read for: its rows, and the ids of those that went. */
export interface RecordSource {
  readonly records: Parameters<typeof rowsById>[0];
  readonly projection: NonNullable<RowsOptions['projection']>;
  /** Ids of records that were removed, or were about to be, after that moment. */
  removedSince(moment: Date): Promise<readonly string[]>;
}

/** Rows of one page: of more, many would outlive the collection of young garbage, and the heap would grow by them. */
const page = 250;
/**
 * Milliseconds between the moment that a write says of itself and the one at which it can be read: for as long a write may take,
 * and clocks of processes may differ, before a look misses it. A look that goes back as far as `long` comes every `longEvery`.
 */
const overlap = { short: 3000, long: 30_000 };
const longEvery = 1000;
/** After a longer time without a look, records that were removed may have been forgotten by all. */
const longestGap = 3_600_000;

/** Keeps a table what the collection is: reads it once, and then what says that it was changed. */
export class ChangedRecords {
  private looked = Number.NEGATIVE_INFINITY;
  private lookedBack = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  /** Ids that a look has found while a page was read: what the page says of them may be older. */
  private readonly newer = new Set<string>();
  /** Ids of records that were read in the moments in which they were written. */
  private readonly young = new Set<string>();
  private comparing = false;

  constructor(
    private readonly table: RecordTable,
    private readonly source: RecordSource,
    private readonly clock: Clock,
  ) {}

  /** Reads everything. What changes meanwhile is found by the look after it. */
  async readAll(stopping: AbortSignal): Promise<void> {
    const begun = this.now();
    const rows = rowsById<Row>(
      this.source.records,
      {},
      { projection: this.source.projection, page, oneAtATime: true },
    );
    let read = 0;
    for await (const row of rows) {
      this.table.put(row._id, row);
      read += 1;
      if (read % page === 0) stillMoving();
      if (stopping.aborted) return;
    }
    [this.looked, this.lookedBack] = [begun, begun];
    await this.catchUp();
  }

  /** Whether so much time went by that it has to be read anew. */
  get isLost(): boolean {
    return this.now() - this.lookedBack > longestGap;
  }

  /** Resolves when everything was read that was written before the call. One look serves all who wait for its beginning. */
  catchUp(): Promise<void> {
    if (this.running === undefined) return this.look();
    this.next ??= this.running.then(
      () => this.lookNext(),
      () => this.lookNext(),
    );
    return this.next;
  }

  /**
   * Compares everything with the collection, slowly: what a write left out that did not say when it was.
   *
   * @param pause between two pages
   * @returns how many records the table had wrong
   */
  async compareAll(pause: () => Promise<void>, stopping: AbortSignal): Promise<number> {
    this.comparing = true;
    try {
      return await this.compared(pause, stopping);
    } finally {
      this.comparing = false;
    }
  }

  private async compared(pause: () => Promise<void>, stopping: AbortSignal): Promise<number> {
    const begun = this.now();
    const unseen = this.table.all();
    let wrong = 0;
    for (let after: string | undefined = ''; after !== undefined && !stopping.aborted;) {
      this.newer.clear();
      const rows = await this.pageAfter(after);
      for (const row of rows) {
        const slot = this.table.ids.slotOf(row._id);
        if (slot !== undefined && slot < unseen.words.length * 32) unseen.delete(slot);
        const at = row['updatedAt'];
        const isOld = !(at instanceof Date) || at.getTime() < begun - overlap.long;
        if (!this.newer.has(row._id) && this.table.put(row._id, row) && isOld) wrong += 1;
      }
      after = rows.length < page ? undefined : rows.at(-1)?._id;
      await pause();
    }
    if (stopping.aborted) return wrong;
    const missed: string[] = [];
    unseen.forEach((slot) => void missed.push(this.table.ids.idOf(slot)));
    this.newer.clear();
    return wrong + (await this.readAgain(missed.filter((id) => id !== '')));
  }

  private async pageAfter(after: string): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const { records, projection } = this.source;
    const condition = after === '' ? {} : { _id: { $gt: after } };
    for await (const row of rowsById<Row>(records, condition, { projection, page })) {
      rows.push(row);
      if (rows.length === page) break;
    }
    return rows;
  }

  /** @returns how many of them are not there */
  private async readAgain(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const { records, projection } = this.source;
    const found = new Map<string, Row>();
    for (const row of await rowsWithIds<Row>(records, ids, { projection })) found.set(row._id, row);
    let gone = 0;
    for (const id of ids) {
      const row = found.get(id);
      if (this.newer.has(id)) continue;
      if (row !== undefined) this.table.put(id, row);
      else if (this.table.remove(id)) gone += 1;
    }
    return gone;
  }

  private lookNext(): Promise<void> {
    this.next = undefined;
    // Begun meanwhile, and so after every call that waits for this one.
    return this.running ?? this.look();
  }

  private look(): Promise<void> {
    const running = this.readChanges().finally(() => {
      if (this.running === running) this.running = undefined;
    });
    this.running = running;
    return running;
  }

  private async readChanges(): Promise<void> {
    const now = this.now();
    const isLong = now - this.lookedBack >= longEvery;
    const since = new Date(isLong ? this.lookedBack - overlap.long : this.looked - overlap.short);
    const { records, projection } = this.source;
    const [removed] = await Promise.all([
      this.source.removedSince(since),
      (async () => {
        const changed = { updatedAt: { $gt: since } };
        for await (const row of rowsById<Row>(records, changed, { projection, page })) {
          if (!this.table.put(row._id, row)) this.noteIfYoung(row._id);
          this.newer.add(row._id);
          this.age(row, now);
        }
      })(),
    ]);
    // Announced before it is done: what is still there goes later, or stays.
    for (const id of removed) this.newer.delete(id);
    await this.readAgain(removed);
    for (const id of removed) {
      this.newer.add(id);
      this.young.delete(id);
    }
    // Only a comparison of everything looks at them, and empties them.
    if (!this.comparing) this.newer.clear();
    this.looked = now;
    if (isLong) this.lookedBack = now;
  }

  /** Of two writes in one millisecond the table may tell the same: what it does not keep, as words, may differ. */
  private noteIfYoung(id: string): void {
    const slot = this.young.has(id) ? this.table.ids.slotOf(id) : undefined;
    if (slot !== undefined) this.table.changed.note(slot);
  }

  /** Of one that was written just now another write may have the same time. It is read again while looks overlap. */
  private age({ _id, updatedAt }: Row, now: number): void {
    if (updatedAt instanceof Date && updatedAt.getTime() > now - overlap.short) this.young.add(_id);
    else this.young.delete(_id);
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
