import type { JobOutcome } from '#contracts';
import type { Priority } from '#routes';
import type { OutboxRow } from '#outbox';
import type { PauseMode } from '../domain/steering.js';
import type { AssemblyJob, Fault, JobSteering, WaitReason } from './records.js';

/** A job as it is taken over. */
export type NewJob = Pick<
  AssemblyJob,
  | '_id'
  | 'jobType'
  | 'workflow'
  | 'group'
  | 'retryOf'
  | 'tapeCopies'
  | 'moveFrom'
  | 'moveTo'
  | 'repairAt'
  | 'datasetList'
  | 'notBefore'
  | 'context'
>;

/** An accepted job, as far as planning goes. */
export type PlannableJob = Omit<AssemblyJob, 'outbox'>;

/** A job in the hands of the planner that took it. */
export type TakenJob = Pick<AssemblyJob, '_id' | 'planner'>;

/** Jobs whose planning is held back: all of them, or those of some groups. Cancelled ones never are: planning ends them. */
export type HeldBack = 'all' | readonly string[];

/** What an operator says of a job. */
export type JobWord = Pick<JobSteering, 'by' | 'reason' | 'entry'> & {
  readonly now: Date;
  /** Of what the operator looked at; absent: whatever it is now. */
  readonly version?: number;
};

/** After all times that are written. */
const endOfTime = new Date('9999-12-31T00:00:00Z');

/**
 * Accepted jobs. Every change is one write that asks for the state it starts from, together with the messages about it; a change
 * that answers a boolean says whether it happened.
 */
export abstract class Jobs {
  /** Once, however often it is asked for. It is due now, or at its time where that is still to come. */
  abstract accept(job: NewJob, now: Date): Promise<void>;
  /** @returns false when the job is over, or was not accepted yet */
  abstract requestCancel(jobId: string, now: Date): Promise<boolean>;

  /** A cancelled job whose time is still to come has no planner that could end it: it is due now. */
  abstract endWaiting(jobId: string, now: Date): Promise<void>;

  /** Whether any job is due, held back or not: a look that takes nothing. Without a time: whether any is due ever. */
  abstract isAnyDue(now?: Date): Promise<boolean>;
  /** Takes the job that is longest due, for `lease` milliseconds, and raises its fencing token. */
  abstract takeDue(now: Date, lease: number, held?: HeldBack): Promise<AssemblyJob | undefined>;
  abstract isOneDue(now: Date): Promise<boolean>;
  /** The lease of its planner lasts until then. @returns false when another planner has taken it, or it is planned */
  abstract renew(job: TakenJob, planningUntil: Date): Promise<boolean>;
  /** It is due again then, unless another planner has taken it. */
  abstract planAgain(job: TakenJob, planningUntil: Date): Promise<void>;
  /** The same, after it could not be planned. */
  abstract planAgainAfter(
    job: TakenJob,
    planningUntil: Date,
    fault: { readonly message: string; readonly code: string },
  ): Promise<void>;
  /**
   * Told once what it is about in all, before any of it is done: from then on it has begun.
   *
   * @returns false when it was told before, when it is over, or when its time is still to come
   */
  abstract announce(
    jobId: string,
    totals: NonNullable<AssemblyJob['totals']>,
    event: OutboxRow,
    now: Date,
  ): Promise<boolean>;
  /** So many datasets from the first are planned; never fewer than before. */
  abstract notePlanned(jobId: string, planned: number, now: Date): Promise<void>;
  /** Its plan is complete. */
  abstract start(jobId: string, now: Date): Promise<boolean>;
  /** Its plan cannot be completed. @returns false when another planner has taken it, or it is planned */
  abstract startFailed(job: TakenJob, fault: Fault, now: Date): Promise<boolean>;
  abstract finish(jobId: string, outcome: JobOutcome, event: OutboxRow, now: Date): Promise<boolean>;

  abstract find(jobId: string): Promise<PlannableJob | undefined>;
  /** Whether its cancellation was asked for. */
  abstract isCancelled(jobId: string): Promise<boolean>;
  /**
   * Jobs that have begun, or may, and are not over, the one that was looked at longest ago first. Those whose time is still to
   * come need nobody, however many there are.
   */
  abstract underWay(now: Date, limit: number): AsyncIterable<AssemblyJob>;
  /** The same, of those that were not looked at since. */
  abstract stale(now: Date, before: Date, limit: number): Promise<Pick<AssemblyJob, '_id' | 'workflow'>[]>;
  /** Whether there is any, however lately it was looked at. */
  async isAnyUnderWay(now: Date): Promise<boolean> {
    return (await this.stale(now, endOfTime, 1)).length > 0;
  }
  /** When it was looked at. */
  abstract touch(jobId: string, at: Date): Promise<void>;
  /** @param reasons none: it waits for nothing */
  abstract noteWaiting(jobId: string, reasons: readonly WaitReason[]): Promise<void>;

  /** @returns undefined when it is over, or was steered since the version */
  abstract prioritise(jobId: string, priority: Priority, word: JobWord): Promise<PlannableJob | undefined>;
  /**
   * Nothing more of it begins before then; what was released goes on. One that has not begun begins then. A job that is held
   * stays so: the time counts when it is let go.
   *
   * @param until absent: at once
   * @returns undefined when it is over, is being cancelled, or was steered since the version
   */
  abstract defer(jobId: string, until: Date | undefined, word: JobWord): Promise<PlannableJob | undefined>;
  /**
   * Nothing more of it begins until {@link Jobs.letGo} or until then; one that has not begun is not planned.
   *
   * @returns undefined when it is over, is being cancelled, or is held already
   */
  abstract hold(
    jobId: string,
    until: Date | undefined,
    word: JobWord,
    mode?: PauseMode,
  ): Promise<PlannableJob | undefined>;
  /** @returns undefined when it is not held (any more) */
  abstract letGo(jobId: string, word: JobWord): Promise<PlannableJob | undefined>;
  /** Held ones, a bounded number. */
  abstract held(now: Date, limit: number): Promise<PlannableJob[]>;
  /** How many. */
  abstract countHeld(now: Date, within?: number): Promise<number>;
  /** Of these the ones that are remembered. */
  abstract findAll(jobIds: readonly string[]): Promise<PlannableJob[]>;

  /** Jobs whose work orders have still to hear of the last word. */
  abstract toSteer(limit: number): Promise<PlannableJob[]>;
  /** They have heard; unless there was another word meanwhile. */
  abstract noteSteered(jobId: string, version: number): Promise<void>;

  abstract finishedBefore(before: Date, limit: number): AsyncIterable<AssemblyJob>;
  abstract isRetried(jobId: string): Promise<boolean>;
  /** Both miss when anything about the job has changed since it was seen. */
  abstract forgetLater(seen: Pick<AssemblyJob, '_id' | 'updatedAt'>, at: Date): Promise<boolean>;
  /** From this on it is only to be removed; not while a message of it is under way. */
  abstract beginForgetting(seen: Pick<AssemblyJob, '_id' | 'updatedAt'>): Promise<boolean>;
  abstract forget(jobId: string): Promise<void>;
}
