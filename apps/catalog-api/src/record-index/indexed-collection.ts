import type { Clock } from '#kernel';
import type { Catalogue, CollectionName } from '../persistence/catalogue.js';
import { ChangedRecords } from './changed-records.js';
import { KnownAnswers } from './known-answers.js';
import { RecordTable, type ColumnKind } from './record-table.js';
import { SearchedWords } from './searched-words.js';
import type { RemovedRecords } from './removed-records.js';

export interface CollectionFields {
  readonly name: CollectionName;
  /** Names of the field that holds the id. */
  readonly ids: ReadonlySet<string>;
  readonly fields: Readonly<Record<string, ColumnKind>>;
}

/** What is in memory of a collection. */
export interface HeldRecords {
  readonly table: RecordTable;
  readonly answers: KnownAnswers;
  readonly ids: ReadonlySet<string>;
  readonly words: SearchedWords;
}

interface Followed extends HeldRecords {
  readonly changed: ChangedRecords;
}

/** One collection in memory: nothing of it until it is large enough. */
export class IndexedCollection {
  private followed: Followed | undefined;
  private compared = 0;

  constructor(
    private readonly described: CollectionFields,
    private readonly catalogue: Catalogue,
    private readonly removed: RemovedRecords,
    private readonly clock: Clock,
  ) {}

  /** Undefined until all records were read, and where the table cannot tell of each. */
  get held(): HeldRecords | undefined {
    const { followed } = this;
    return followed?.table.isWhole === true && !followed.changed.isLost ? followed : undefined;
  }

  get count(): number {
    return this.followed?.table.count ?? 0;
  }

  estimatedCount(): Promise<number> {
    return this.catalogue.records(this.described.name).estimatedDocumentCount();
  }

  /** Frees the memory. */
  forget(): void {
    this.followed = undefined;
  }

  catchUp(): Promise<void> {
    return this.followed?.changed.catchUp() ?? Promise.resolve();
  }

  /** @returns whether everything was read, which is done once, and again after a time without a look */
  async follow(expected: number, stopping: AbortSignal): Promise<boolean> {
    if (this.followed?.changed.isLost === false) {
      await this.catchUp();
      return false;
    }
    this.forget();
    const begun = this.begin(expected);
    await begun.changed.readAll(stopping);
    if (stopping.aborted) return false;
    this.followed = begun;
    this.compared = this.clock.now().getTime();
    return true;
  }

  /**
   * Compares everything with the database where it is time for it.
   *
   * @returns how many records the table had wrong
   */
  async compare(every: number, rest: () => Promise<void>, stopping: AbortSignal): Promise<number> {
    const now = this.clock.now().getTime();
    if (this.followed === undefined || now - this.compared < every) return 0;
    this.compared = now;
    return this.followed.changed.compareAll(rest, stopping);
  }

  private begin(expected: number): Followed {
    const { name, fields, ids } = this.described;
    const table = new RecordTable(fields, expected);
    const projection = Object.fromEntries(
      [...Object.keys(fields), 'updatedAt'].map((field) => [field, 1 as const]),
    );
    const source = {
      records: this.catalogue.records(name),
      projection,
      removedSince: (moment: Date) => this.removed.since(name, moment),
    };
    return {
      table,
      ids,
      words: new SearchedWords(table, () => this.catalogue.records(name), this.clock),
      answers: new KnownAnswers(),
      changed: new ChangedRecords(table, source, this.clock),
    };
  }
}
