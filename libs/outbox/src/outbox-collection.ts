import { newOutbox, type OutboxRow } from './outbox-row.js';

/** MongoDB's update operators that a change may consist of. */
export type DocumentChange = Partial<
  Record<'$set' | '$unset' | '$push' | '$pull' | '$addToSet' | '$inc' | '$min' | '$max', object>
>;

/** What is needed of a collection whose documents carry an outbox. */
interface Changeable {
  updateOne(filter: object, change: object, options?: object): Promise<{ matchedCount: number }>;
  findOneAndUpdate(filter: object, change: object, options: object): Promise<unknown>;
  bulkWrite(operations: never[], options: object): Promise<unknown>;
}

export interface OutboxChange {
  readonly filter: object;
  readonly change: DocumentChange;
  /** Messages about the change. */
  readonly rows: readonly OutboxRow[];
}

/**
 * Documents that change together with the messages about the change: in one write, which the filter allows or not. The relay
 * is woken afterwards; if the process dies before, a sweep of the relay finds them.
 */
export class OutboxCollection {
  constructor(
    private readonly documents: Changeable,
    private readonly relay: { wake(): void },
    /** Where in a document its outbox lies. */
    private readonly path = 'outbox',
  ) {}

  /** @returns whether there was a document as the filter wants it */
  async change(filter: object, change: DocumentChange, rows: readonly OutboxRow[] = []): Promise<boolean> {
    const { matchedCount } = await this.documents.updateOne(filter, this.merged(change, rows));
    this.wakeFor(rows);
    return matchedCount === 1;
  }

  /** @returns the document after the change; undefined when there was none as the filter wants it */
  async changeAndRead<Document extends object>(
    filter: object,
    change: DocumentChange,
    rows: readonly OutboxRow[] = [],
    projection: Readonly<Record<string, 0 | 1>> = {},
  ): Promise<Document | undefined> {
    const options = { returnDocument: 'after', projection };
    const changed = await this.documents.findOneAndUpdate(filter, this.merged(change, rows), options);
    this.wakeFor(rows);
    return (changed ?? undefined) as Document | undefined;
  }

  /** Many documents in one request, each in a write of its own: those that are not as their filter wants them stay. */
  async changeEach(changes: readonly OutboxChange[]): Promise<void> {
    const operations = changes.map(({ filter, change, rows }) => ({
      updateOne: { filter, update: this.merged(change, rows) },
    }));
    await this.documents.bulkWrite(operations as never[], { ordered: false });
    this.wakeFor(changes.flatMap(({ rows }) => rows));
  }

  /** A new document that carries messages about it; nothing happens when there is one of its id. */
  async insertUnlessThere(
    { _id, ...document }: { readonly _id: string },
    rows: readonly [OutboxRow, ...OutboxRow[]],
  ): Promise<void> {
    const outbox = newOutbox(rows, rows[0].time);
    await this.documents.updateOne(
      { _id },
      { $setOnInsert: { ...document, [this.path]: outbox } },
      { upsert: true },
    );
    this.wakeFor(rows);
  }

  private merged(change: DocumentChange, rows: readonly OutboxRow[]): DocumentChange {
    const newest = rows.at(-1);
    if (newest === undefined) return change;
    return {
      ...change,
      $set: { ...change.$set, [`${this.path}.dueAt`]: newest.time },
      $push: { ...change.$push, [`${this.path}.rows`]: { $each: rows } },
    };
  }

  private wakeFor(rows: readonly OutboxRow[]): void {
    if (rows.length > 0) this.relay.wake();
  }
}
