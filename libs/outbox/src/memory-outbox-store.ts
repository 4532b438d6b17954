import {
  OutboxStore,
  type Acceptance,
  type Backlog,
  type ClaimedOutbox,
  type OpenMessages,
  type OpenRows,
} from './outbox-store.js';
import { mergedKinds } from './open-messages.js';
import type { OutboxPart, OutboxRow } from './outbox-row.js';

interface Document {
  readonly collection: string;
  readonly documentId: string;
  rows: OutboxRow[];
  dueAt: Date | undefined;
}

/** The outbox store's in-memory twin. */
export class MemoryOutboxStore extends OutboxStore {
  private readonly documents = new Map<string, Document>();

  /** Adds rows to a document, as the state change they belong to would. */
  push(collection: string, documentId: string, { rows, dueAt }: OutboxPart): Promise<void> {
    const address = `${collection}/${documentId}`;
    const document = this.documents.get(address) ?? { collection, documentId, rows: [], dueAt: undefined };
    document.rows.push(...rows);
    document.dueAt = dueAt;
    this.documents.set(address, document);
    return Promise.resolve();
  }

  rowsOf(collection: string, documentId: string): Promise<readonly OutboxRow[]> {
    return Promise.resolve(this.documents.get(`${collection}/${documentId}`)?.rows ?? []);
  }

  claimDue(now: Date, lease: number): Promise<ClaimedOutbox | undefined> {
    const due = [...this.documents.values()].filter(
      (document) => document.dueAt !== undefined && document.dueAt <= now,
    );
    const [first] = due.sort((a, b) => a.dueAt!.getTime() - b.dueAt!.getTime());
    if (first === undefined) return Promise.resolve(undefined);
    const claim = new Date(now.getTime() + lease + Math.floor(Math.random() * 1000));
    first.dueAt = claim;
    return Promise.resolve({
      collection: first.collection,
      documentId: first.documentId,
      rows: [...first.rows],
      claim,
    });
  }

  nextDue(): Promise<Date | undefined> {
    const due = [...this.documents.values()].flatMap(({ dueAt }) => (dueAt === undefined ? [] : [dueAt]));
    return Promise.resolve(due.sort((one, other) => one.getTime() - other.getTime())[0]);
  }

  markPublished(
    { collection, documentId }: ClaimedOutbox,
    rowIds: readonly string[],
    now: Date,
  ): Promise<void> {
    const document = this.documents.get(`${collection}/${documentId}`);
    if (document === undefined) return Promise.resolve();
    document.rows = document.rows
      .filter((row) => !(rowIds.includes(row.id) && row.awaits.length === 0))
      .map((row) => (rowIds.includes(row.id) ? { ...row, publishedAt: now } : row));
    return Promise.resolve();
  }

  release({ collection, documentId, claim }: ClaimedOutbox, dueAt: Date | undefined): Promise<void> {
    const document = this.documents.get(`${collection}/${documentId}`);
    if (document?.dueAt?.getTime() === claim.getTime()) document.dueAt = dueAt;
    return Promise.resolve();
  }

  accept(acceptances: readonly Acceptance[]): Promise<void> {
    for (const { address, messageId, consumer } of acceptances) {
      const document = this.documents.get(address);
      if (document === undefined) continue;
      const { length } = document.rows;
      document.rows = document.rows
        .map((row) =>
          row.id === messageId ? { ...row, awaits: row.awaits.filter((name) => name !== consumer) } : row,
        )
        .filter((row) => row.id !== messageId || row.awaits.length > 0);
      if (length === 1 && document.rows.length === 0) document.dueAt = undefined;
    }
    return Promise.resolve();
  }

  open(): Promise<OpenMessages[]> {
    const rows = [...this.documents.values()].flatMap(({ rows: own }) => own);
    const kinds = rows.flatMap(({ envelope, publishedAt, awaits, time: oldest }): OpenMessages[] => {
      const [type, count] = [envelope?.type ?? 'legacy', 1];
      if (publishedAt === undefined) return [{ type, state: 'unpublished', count, oldest }];
      return awaits.map((consumer) => ({ type, consumer, state: 'unaccepted', count, oldest }));
    });
    return Promise.resolve(mergedKinds(kinds));
  }

  backlog(now: Date): Promise<Backlog> {
    const unpublished = this.openRows(now, (row) => row.publishedAt === undefined);
    const unaccepted = this.openRows(now, (row) => row.publishedAt !== undefined);
    return Promise.resolve({ ...unpublished, unaccepted });
  }

  private openRows(now: Date, isOpen: (row: OutboxRow) => boolean): OpenRows {
    const found = [...this.documents.values()].map(({ rows }) => rows.filter(isOpen));
    const times = found.flat().map(({ time }) => time.getTime());
    return {
      documents: found.filter(({ length }) => length > 0).length,
      oldestMs: times.length === 0 ? 0 : now.getTime() - Math.min(...times),
    };
  }
}
