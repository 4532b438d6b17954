import type { OutboxRow } from '#outbox';
import type { TaskState } from '../domain/states.js';
import type { DatasetTask, Fault } from './records.js';

export type TaskCounts = Partial<Record<TaskState, number>>;
export type TaskEnd = 'succeeded' | 'failed' | 'cancelled';
/** States in which a dataset can end. */
export type OpenTaskState = 'planning' | 'running' | 'registering';

/** A dataset whose planning begins. */
export type NewTask = Pick<DatasetTask, '_id' | 'jobId' | 'pid' | 'workflow' | 'context'>;

/** A start, by the planner whose token the dataset has. */
export interface TaskStart {
  readonly planner: number;
  readonly bytes: number;
  readonly event: OutboxRow;
  readonly now: Date;
}

/** What is written, and sent, at the end of a dataset's part. */
export interface TaskEnding {
  readonly now: Date;
  readonly event?: OutboxRow;
  readonly fault?: Fault;
  /** Of the planner that decides it, where the dataset must be no newer one's. */
  readonly planner?: number;
}

/**
 * The datasets of jobs. Every change is one write that asks for the state it starts from, together with the messages about it; a
 * change that answers a boolean says whether it happened.
 */
export abstract class DatasetTasks {
  /** @returns the dataset as it is: new, or begun by an earlier planner */
  abstract begin(task: NewTask, now: Date): Promise<DatasetTask>;
  /** @returns the fencing token of a new planner; undefined when the dataset needs none any more */
  abstract takeOver(taskId: string): Promise<number | undefined>;
  /** @returns also true when this planner has started it before: the driver sends a write again whose answer was lost */
  abstract start(taskId: string, start: TaskStart): Promise<boolean>;
  /** Its list is with the catalogue, which says when it has registered, or reset, the dataset. */
  abstract submit(taskId: string, event: OutboxRow, now: Date): Promise<boolean>;
  abstract end(taskId: string, from: OpenTaskState, to: TaskEnd, ending: TaskEnding): Promise<boolean>;
  /** Running datasets that were stopped, each with the message about it, in one request. */
  abstract endStopped(
    stopped: readonly { readonly taskId: string; readonly event: OutboxRow }[],
    now: Date,
  ): Promise<void>;
  /** Datasets whose planning never began are over at once. */
  abstract cancelUnbegun(tasks: readonly NewTask[], now: Date): Promise<void>;
  /** Of a job that cannot be planned to its end. */
  abstract failUnplanned(jobId: string, fault: Fault): Promise<void>;

  abstract find(taskId: string): Promise<DatasetTask | undefined>;
  abstract ofDataset(
    jobId: string,
    pid: string,
    workflow?: DatasetTask['workflow'],
  ): Promise<DatasetTask | undefined>;
  abstract counts(jobId: string): Promise<TaskCounts>;
  abstract hasOpen(jobId: string): Promise<boolean>;
  /** Whether the catalogue has still to accept what it was told of a dataset. */
  abstract hasUnheardNews(jobId: string): Promise<boolean>;
  /** Ids of those that are planned, or over. */
  abstract planned(jobId: string): AsyncIterable<Pick<DatasetTask, '_id'>>;
  abstract beingPlanned(jobId: string): AsyncIterable<Pick<DatasetTask, '_id' | 'pid'>>;
  abstract running(jobId: string): Promise<string[]>;
  abstract runningAmong(taskIds: readonly string[]): Promise<Omit<DatasetTask, 'outbox'>[]>;
  /** All of a job, in the order of their ids. */
  abstract ofJob(jobId: string): AsyncIterable<DatasetTask>;
  /** Failed archivals of the dataset by other jobs. */
  abstract failedElsewhere(pid: string, jobId: string): AsyncIterable<Pick<DatasetTask, '_id'>>;
  /** Since when the oldest of a job is with the catalogue. */
  abstract registeringSince(jobId: string): Promise<Date | undefined>;

  /** Failed archivals whose datablocks were not discarded, the oldest first. */
  abstract unswept(before: Date, limit: number): AsyncIterable<Pick<DatasetTask, '_id' | 'updatedAt'>>;
  /** Both miss when anything about the dataset has changed since it was seen. */
  abstract markSwept(seen: Pick<DatasetTask, '_id' | 'updatedAt'>, now: Date): Promise<boolean>;
  abstract sweepLater(seen: Pick<DatasetTask, '_id' | 'updatedAt'>, at: Date): Promise<boolean>;

  /** Whether a message of one is under way, or what one has archived waits for a retry. */
  abstract isNeeded(jobId: string): Promise<boolean>;
  abstract forget(jobId: string): Promise<void>;
}
