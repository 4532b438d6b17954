import type { OutboxRow } from '#outbox';
import type { OutsideWork, SeenOutside } from '../domain/outside-work.js';
import type { Fault, WorkOrder } from './records.js';
import type { WorkEnd } from './work-orders.js';

/** An order to the worker of an outside target. */
export type OutsideOrder = WorkOrder & { readonly outside: OutsideWork };

/** How an order to a worker goes on. */
export type NextOutside = SeenOutside & Partial<Pick<OutsideWork, 'faults' | 'cleared' | 'found' | 'dueAt'>>;

/** What the worker says while it has its turn. */
export interface SignOfLife {
  readonly heardAt: Date;
  readonly dueAt: Date;
  readonly share: number;
  /** What it waits for, in a sentence for people. */
  readonly reason?: string | undefined;
}

/** A removal as it was seen. */
export type SeenRemoval = Pick<WorkOrder, '_id'> & { readonly removal?: { readonly attempt: number } };

/**
 * Work orders for workers of outside targets: they are released, limited and counted as all work orders, and what is theirs alone
 * is here. Every change is one write that asks for what was seen, together with the messages about it.
 */
export abstract class OutsideOrders {
  /** Once more is nothing. */
  abstract plan(order: OutsideOrder): Promise<void>;
  /** Done ones of a dataset whose orders to outside targets are not there yet. */
  abstract toFollow(taskId: string): AsyncIterable<WorkOrder>;
  abstract noteFollowed(id: string): Promise<void>;

  abstract find(id: string): Promise<OutsideOrder | undefined>;
  /** A sign of life of the worker: what is ordered is not sent again before `dueAt`. Progress never goes back. */
  abstract heard(id: string, told: SignOfLife): Promise<void>;
  /** Its next phase; nothing when another writer has moved it on, or it is over. */
  abstract step(
    id: string,
    seen: SeenOutside,
    next: NextOutside,
    rows: readonly OutboxRow[],
  ): Promise<boolean>;
  /** Whatever its phase and attempt, a right answer is right; unless what it is about was removed meanwhile. */
  abstract endWell(order: OutsideOrder, now: Date): Promise<boolean>;
  /** Only as it was seen: an answer to an older attempt decides nothing while a newer one is under way. */
  abstract endSeen(id: string, seen: SeenOutside, end: WorkEnd, now: Date): Promise<boolean>;
  /**
   * Released ones of which nothing was heard for too long, or whose next try is due.
   *
   * @param closed targets where nothing begins now: only what is being cancelled there
   */
  abstract due(now: Date, limit: number, closed?: readonly string[]): Promise<OutsideOrder[]>;
  /** Of a job, for its cancellation. */
  abstract released(jobId: string): AsyncIterable<OutsideOrder>;

  /** The archiver has taken the datablock out of the way: it is asked when nothing of it is kept any more. */
  abstract askForRemoval(id: string, request: OutboxRow): Promise<boolean>;
  /** The work order that a datablock was discarded for, while copies of it have still to go. */
  abstract removing(id: string): Promise<WorkOrder | undefined>;
  /** Workers are asked, and asked again. */
  abstract orderRemoval(
    seen: SeenRemoval,
    attempt: number,
    dueAt: Date,
    rows: readonly OutboxRow[],
  ): Promise<boolean>;
  /** A work order whose copy at the target its worker was asked to remove; undefined where nobody has asked it for that. */
  abstract removalAt(id: string, target: string): Promise<WorkOrder | undefined>;
  abstract removed(id: string, target: string): Promise<void>;
  /** The worker will not do it: why is noted, and it is asked no more. */
  abstract removalRefused(id: string, target: string, fault: Fault): Promise<void>;
  /** An operator has brought the datablock back: nothing goes. */
  abstract keepCopies(id: string): Promise<void>;
  /** The archiver does not say that they may go: nothing goes before people have looked at it. */
  abstract holdRemoval(id: string, fault: Fault): Promise<void>;
  abstract removalsDue(now: Date, limit: number): Promise<WorkOrder[]>;
}
