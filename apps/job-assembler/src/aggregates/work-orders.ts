import type { WorkOrderState } from '../domain/states.js';
import type { Candidate } from '../domain/fair-release.js';
import type { ReleaseRules } from '../domain/release-rules.js';
import type { Lane, Slots } from '../domain/slots.js';
import type { OutboxRow } from '#outbox';
import type { NextOutside } from './outside-orders.js';
import type { CopyToRemove, DatasetTask, Fault, WorkOrder } from './records.js';

export type WorkOrderCounts = Partial<Record<WorkOrderState, number>>;

/** `toFollow`: of the done ones those whose orders to outside targets are not there yet. */
export type SettledCounts = WorkOrderCounts & { readonly toFollow?: number };

/** Work orders of a job, of a dataset, or of the plan that a dataset was started with. */
export type WorkScope =
  { readonly jobId: string } | { readonly taskId: string } | Readonly<ReturnType<typeof planOf>>;

/** The work orders of the plan that a dataset was started with; plans of older versions have no token. */
export function planOf({ _id: taskId, planner }: Pick<DatasetTask, '_id' | 'planner'>): {
  taskId: string;
  planner?: number;
} {
  return planner === undefined ? { taskId } : { taskId, planner };
}

/** What an earlier job may have archived already. */
export interface ArchivedBefore {
  readonly jobId: string;
  readonly pid: string;
  /** Of the list of its files. */
  readonly sha256: string;
  readonly location: string | undefined;
  /** How many copies are wanted. */
  readonly copies?: number;
  /** Where its copies had to go; undefined where targets have no names. */
  readonly targets?: readonly string[] | undefined;
}

/** Its end, as the archiver reports it. */
export type WorkEnd =
  | { readonly state: 'done'; readonly result?: NonNullable<WorkOrder['result']> }
  | { readonly state: 'failed'; readonly fault: Fault }
  | { readonly state: 'cancelled' };

/** What the archiver says a work order waits for. */
export interface ToldWait {
  readonly reason: string;
  readonly code?: string | undefined;
}

/** How far a work order is, as the archiver says. */
export interface ToldProgress {
  readonly share: number;
  readonly heardAt: Date;
  readonly waits?: ToldWait | undefined;
  /** Of reading: the target whose copy is read, where that is not the chosen one. */
  readonly readAt?: string | undefined;
}

/** What is written when a work order is released. */
export interface HowReleased {
  readonly command: OutboxRow;
  /** Of work for a worker: how that goes on. */
  readonly outside?: NextOutside;
  readonly now: Date;
  /** Of reading: the target that was chosen. */
  readonly readAt?: string;
  /** The dispatcher's: what was planned before a later turn began stays. Absent: whatever turn it is. */
  readonly turn?: string;
}

/**
 * One datablock's work for the archiver each. Every change is one write that asks for the state it starts from, together with
 * the messages about it; a change that answers a boolean says whether it happened.
 */
export abstract class WorkOrders {
  /**
   * A draft of an older planner gives way; one of a newer planner, or work, never does.
   *
   * @returns false when the place is another planner's
   */
  abstract draft(order: WorkOrder & { readonly planner: number }): Promise<boolean>;
  /** Those of this planner. */
  abstract discardDrafts(taskId: string, planner: number): Promise<void>;
  /** Those of planners before this one, and none of a newer one: the write decides, however long the planner slept before it. */
  abstract discardDraftsBefore(taskId: string, planner: number): Promise<void>;
  /** Takes a datablock of an earlier job, archived and not discarded, into use by a job: from this write on that job answers for it. */
  abstract useAgain(jobId: string, before: ArchivedBefore): Promise<WorkOrder | undefined>;
  /** Drafts that an earlier job has done are done. */
  abstract finishDoneBefore(plan: WorkScope): Promise<void>;
  abstract planDrafts(plan: WorkScope): Promise<void>;
  abstract cancelDrafts(scope: WorkScope): Promise<void>;
  abstract cancelPlanned(scope: WorkScope): Promise<void>;
  /** What was not released never will be. */
  abstract cancelUnreleased(scope: WorkScope): Promise<void>;

  /** Work under way, counted from the stored states, so that it holds over restarts. */
  /** @param within milliseconds that the database may take; absent: as long as it takes */
  abstract slots(rules: ReleaseRules, within?: number): Promise<Slots>;
  /** Whether any work waits to be released, whatever hinders it. */
  abstract isAnyPlanned(): Promise<boolean>;
  /** Lanes that work waits in. */
  abstract lanesWaiting(): Promise<string[]>;
  abstract groupsWaitingFor(target: string): Promise<string[]>;
  /** Of each priority so many, without what is deferred. */
  abstract oldestPlanned(lane: Lane, limit: number): Promise<Candidate[]>;
  abstract planned(id: string): Promise<WorkOrder | undefined>;
  /**
   * From this write on, nothing that is planned now is released but in this turn: a release that was sent before, and has not
   * arrived yet, comes too late. Who counts what is released counts after it.
   */
  abstract beginTurn(turn: string): Promise<void>;
  /** Not what is deferred meanwhile, nor in an earlier turn. */
  abstract release(id: string, how: HowReleased): Promise<boolean>;
  /** With the archiver. */
  abstract released(jobId: string): AsyncIterable<Pick<WorkOrder, '_id'>>;
  /** Sends a request to stop after the command. */
  abstract askToStop(id: string, request: OutboxRow): Promise<boolean>;

  /** @returns the dataset of a work order that was released and has ended by this, else undefined */
  abstract end(id: string, end: WorkEnd, now: Date): Promise<string | undefined>;
  abstract taskOf(id: string): Promise<string | undefined>;
  /** An archival that has ended well, while its datablock was not asked to go. */
  abstract archived(id: string): Promise<WorkOrder | undefined>;
  /** A repair, or a move, that has ended well. */
  abstract copiesChanged(id: string): Promise<WorkOrder | undefined>;
  /** Whether the archiver was asked to take the datablock away, and nobody has brought it back since. */
  abstract isAskedToGo(archiveId: string): Promise<boolean>;
  /** A retrieval that is with the archiver. */
  abstract retrieval(id: string): Promise<WorkOrder | undefined>;
  /** Targets that planned or released work names. */
  abstract targetsNamed(): Promise<readonly string[]>;
  /** What the archiver could not do after the end. */
  abstract noteFault(id: string, of: 'release' | 'discard', fault: Fault): Promise<void>;
  abstract noteOriginals(id: string, originals: NonNullable<WorkOrder['originals']>): Promise<void>;
  /** Progress never goes back. Where it is read changes only among the targets of its lane. */
  abstract progress(id: string, told: ToldProgress): Promise<void>;

  abstract counts(scope: WorkScope): Promise<WorkOrderCounts>;
  /** The same in one look with what is still to be planned of them: nobody takes for done what is not done everywhere. */
  abstract countsToSettle(scope: WorkScope): Promise<SettledCounts>;
  abstract countsByTask(
    which: { readonly jobId: string } | { readonly taskIds: readonly string[] },
  ): Promise<ReadonlyMap<string, WorkOrderCounts>>;
  abstract firstFault(taskId: string): Promise<Fault | undefined>;
  /** In the order of archive ids. */
  abstract done(taskId: string): AsyncIterable<WorkOrder>;
  abstract retrieved(jobId: string): AsyncIterable<WorkOrder>;
  /** Names of the routes that work of the job was planned by. */
  abstract routesOf(jobId: string): Promise<string[]>;
  /** Bytes of a job in all, and of those the share done. */
  abstract bytes(jobId: string): Promise<{ readonly total: number; readonly done: number }>;

  /** Done ones whose originals lie in the landing zone and were not asked to go. */
  abstract withOriginals(taskId: string): AsyncIterable<WorkOrder>;
  abstract askToReleaseOriginals(id: string, request: OutboxRow, now: Date): Promise<boolean>;
  /** The first one of a dataset that is done, or failed. */
  abstract firstEnded(taskId: string): Promise<WorkOrder | undefined>;
  /** @returns false when the archiver was asked before */
  abstract askToCertify(id: string, request: OutboxRow, now: Date): Promise<boolean>;
  /** Of a reset, not asked to be set aside. */
  abstract toSetAside(taskId: string): AsyncIterable<WorkOrder>;
  /** @param removing copies that others store: that they have to go is noted in the same write */
  abstract setAside(
    id: string,
    request: OutboxRow,
    now: Date,
    removing?: readonly CopyToRemove[],
  ): Promise<boolean>;
  /** Archived in these states, neither registered nor discarded. */
  abstract unregistered(taskId: string, states: readonly ('done' | 'failed')[]): AsyncIterable<WorkOrder>;
  /**
   * @param order as it was seen: when a retried job has begun to use it since, nothing happens
   * @param removing copies that others store: that they have to go is noted in the same write
   */
  abstract discard(
    order: WorkOrder,
    request: OutboxRow,
    now: Date,
    removing?: readonly CopyToRemove[],
  ): Promise<boolean>;
  abstract registerUsed(jobId: string, pid: string): Promise<void>;
  /** Whether the job has this datablock, and did not cancel it. */
  abstract isUsedBy(jobId: string, archiveId: string): Promise<boolean>;
  abstract isNamedByOthers(order: WorkOrder): Promise<boolean>;

  /** Notes which released ones the archiver has accepted all messages of; a later message begins anew. */
  abstract noteAcceptance(now: Date): Promise<void>;
  /** Released ones, and of their messages only what tells their age. */
  abstract releasedWork(jobId?: string): Promise<WorkOrder[]>;
  /** Lanes that work of the job waits in. */
  abstract lanesOf(jobId: string): Promise<string[]>;
  /** Of the job's work that waits in a lane, the oldest. */
  abstract nextOf(jobId: string, lane: string): Promise<Candidate | undefined>;

  /** Whether a message of one is under way, one is with the archiver, or a copy of one has still to go. */
  abstract isNeeded(jobId: string): Promise<boolean>;
  abstract forget(jobId: string): Promise<void>;
}
