import type { Way } from '#console-api';

export const bulkStates = ['running', 'stopped', 'finished'] as const;
export type BulkState = (typeof bulkStates)[number];

/** What a run could not do to one thing. */
export interface BulkFailure {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/** One action on everything that a filter finds, done bit by bit by the app that owns it: the collection `catena_bulk_runs`. */
export interface BulkRunRecord {
  readonly _id: string;
  /** Which source does it, such as `parking-lot.replay`. */
  readonly kind: string;
  readonly filter: Readonly<Record<string, string>>;
  /** What was there when it was asked for. */
  readonly found: number;
  /** How many it does at most. */
  readonly most: number;
  /** How many it takes in one go. */
  readonly batch: number;
  readonly perMinute: number;
  readonly by: string;
  readonly via: Way;
  readonly reason: string;
  readonly state: BulkState;
  readonly done: number;
  /** Others had decided on them before, or they were not there any more. */
  readonly skipped: number;
  readonly failed: number;
  /** The latest hundred. */
  readonly failures: readonly BulkFailure[];
  /** The last one that was taken; what lies behind it is left. */
  readonly place?: string;
  /** What it is doing something to now. */
  readonly taking?: BulkItem;
  /** What it waits for before it goes on. */
  readonly waits?: { readonly code: string; readonly message: string };
  /** When it takes the next batch; a process that died holds it no longer than this. */
  readonly dueAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt?: Date;
  readonly stopped?: {
    readonly by: string;
    readonly at: Date;
    readonly reason: string;
    readonly entry: string;
  };
  /** When its record goes; absent while it runs. */
  readonly expiresAt?: Date;
}

/** A bulk run as calls show it. */
export interface BulkRun extends Omit<
  BulkRunRecord,
  '_id' | 'stopped' | 'dueAt' | 'expiresAt' | 'place' | 'taking'
> {
  readonly id: string;
  /** What is not decided yet of what it may do. */
  readonly left: number;
  readonly stopped?: { readonly by: string; readonly at: Date; readonly reason: string };
}

export function shownRun(record: BulkRunRecord): BulkRun {
  const { _id, dueAt: _due, expiresAt: _end, place: _place, taking: _item, stopped, ...rest } = record;
  const left = Math.max(0, Math.min(rest.most, rest.found) - rest.done - rest.skipped - rest.failed);
  if (stopped === undefined) return { id: _id, left, ...rest };
  const { by, at, reason } = stopped;
  return { id: _id, left, ...rest, stopped: { by, at, reason } };
}

/** One thing, and where it lies in the order of its source. */
export interface BulkItem {
  readonly id: string;
  readonly place: string;
}

/** What one kind of run works on. */
export interface BulkSource {
  /** How many the filter finds, of what was there by then. @throws PermanentError for a filter that is none */
  count(filter: BulkRunRecord['filter'], until: Date): Promise<number>;
  /** The next ones behind a place, in an order that does not change. */
  next(
    filter: BulkRunRecord['filter'],
    until: Date,
    place: string | undefined,
    limit: number,
  ): Promise<readonly BulkItem[]>;
  /**
   * Does it to one, once however often it is asked with the same entry.
   *
   * @returns false when others had decided on it
   * @throws CatenaError what is kept with the run
   */
  act(id: string, word: BulkWord): Promise<boolean>;
}

/** Who wants it, and why; `entry` tells this act on this thing from any other. */
export interface BulkWord {
  readonly by: string;
  readonly via: Way;
  readonly reason: string;
  readonly entry: string;
  readonly run: string;
}

export const bulkLimits = {
  /** Things in one batch. */
  batch: 100,
  perMinute: 6000,
  /** Runs of one app at the same time. */
  running: 20,
  failures: 100,
  /** Milliseconds that the record of a run that is over stays. */
  kept: 180 * 86_400_000,
} as const;
