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

/** Where outboxes live. One behaviour suite runs against the twin and the database. */
export abstract class OutboxStore {
  /** Takes the document that is longest due, for `lease` milliseconds; two relays never get the same one. */
  abstract claimDue(now: Date, lease: number): Promise<ClaimedOutbox | undefined>;

  /** Rows confirmed by the broker: those that await nobody go, the others are marked. */
  abstract markPublished(claimed: ClaimedOutbox, rowIds: readonly string[], now: Date): Promise<void>;

  /** Ends a claim. `dueAt` undefined: only when something new came meanwhile is the document due again. */
  abstract release(claimed: ClaimedOutbox, dueAt: Date | undefined): Promise<void>;

  /** A consumer has taken over: its name goes from the row, the row with the last name. Unknown rows are ignored. */
  abstract accept(acceptances: readonly Acceptance[]): Promise<void>;

  /** Rows not yet confirmed by the broker, and the age of the oldest one in milliseconds. */
  abstract backlog(now: Date): Promise<{ readonly documents: number; readonly oldestMs: number }>;
}
