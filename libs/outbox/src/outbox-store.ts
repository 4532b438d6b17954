import type { AppName } from '#contracts';
import type { OutboxRow } from './outbox-row.js';

/** A document whose outbox the relay has taken for a while. */
export interface ClaimedOutbox {
  readonly collection: string;
  readonly documentId: string;
  readonly rows: readonly OutboxRow[];
  /** Fencing token: the due time that the claim wrote. */
  readonly claim: Date;
}

export interface Acceptance {
  readonly address: string;
  readonly messageId: string;
  readonly consumer: AppName;
}

/** Documents with rows of one kind, and the age of the oldest such row in milliseconds. */
export interface OpenRows {
  readonly documents: number;
  readonly oldestMs: number;
}

/** Rows that the broker has not confirmed; of those it has, the ones whose consumer has not sent a receipt. */
export interface Backlog extends OpenRows {
  readonly unaccepted: OpenRows;
}

/** Messages of one type that are open for one consumer. */
export interface OpenMessages {
  /** Of the legacy feed: `legacy`. */
  readonly type: string;
  /** Absent while the broker has them not. */
  readonly consumer?: AppName;
  readonly state: 'unpublished' | 'unaccepted';
  readonly count: number;
  readonly oldest: Date;
}

/** Where outboxes live. One behaviour suite runs against the twin and the database. */
export abstract class OutboxStore {
  /** Takes the document that is longest due, for `lease` milliseconds; two relays never get the same one. */
  abstract claimDue(now: Date, lease: number): Promise<ClaimedOutbox | undefined>;

  /** When the first document is due, now or later: what awaits a receipt is due again some day. Undefined: there is none. */
  abstract nextDue(): Promise<Date | undefined>;

  /** Rows confirmed by the broker: those that await nobody go, the others are marked. */
  abstract markPublished(claimed: ClaimedOutbox, rowIds: readonly string[], now: Date): Promise<void>;

  /** Ends a claim. `dueAt` undefined: only when something new came meanwhile is the document due again. */
  abstract release(claimed: ClaimedOutbox, dueAt: Date | undefined): Promise<void>;

  /**
   * What ends a delivery: as `markPublished` and `release`. One write where nobody has changed the document's due time since it
   * was claimed.
   */
  async settle(
    claimed: ClaimedOutbox,
    rowIds: readonly string[],
    dueAt: Date | undefined,
    now: Date,
  ): Promise<void> {
    await this.markPublished(claimed, rowIds, now);
    await this.release(claimed, dueAt);
  }

  /**
   * A consumer has taken over: its name goes from the row, the row with the last name. Unknown rows are ignored. A document whose only
   * row that was is not due any more.
   */
  abstract accept(acceptances: readonly Acceptance[]): Promise<void>;

  /** Messages that are not at the broker, or not accepted, by type and consumer; oldest first, at most 200 kinds. */
  abstract open(): Promise<OpenMessages[]>;

  /** What is not yet at the broker, and what is there and not accepted. */
  abstract backlog(now: Date): Promise<Backlog>;
}
