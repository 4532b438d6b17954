import { pushRows } from './mongo-outbox-store.js';
import type { OutboxRow } from './outbox-row.js';

/** MongoDB's update operators that a change may consist of. */
export type DocumentChange = Partial<
  Record<'$set' | '$unset' | '$push' | '$pull' | '$addToSet' | '$inc' | '$min' | '$max', object>
>;

/** What is needed of a collection whose documents carry an outbox. */
interface Changeable {
  updateOne(filter: object, change: object): Promise<{ matchedCount: number }>;
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

  private merged(change: DocumentChange, rows: readonly OutboxRow[]): DocumentChange {
    const newest = rows.at(-1);
    if (newest === undefined) return change;
    const { $push, $set } = pushRows(this.path, rows, newest.time);
    return { ...change, $set: { ...change.$set, ...$set }, $push: { ...change.$push, ...$push } };
  }

  private wakeFor(rows: readonly OutboxRow[]): void {
    if (rows.length > 0) this.relay.wake();
  }
}
