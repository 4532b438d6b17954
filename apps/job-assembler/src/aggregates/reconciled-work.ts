import type { AssemblyJob, DatasetTask, WorkOrder } from './records.js';

/** A part of a dataset of which nothing is under way, though the dataset is. */
export type QuietTask = Pick<DatasetTask, '_id' | 'jobId' | 'pid' | 'state' | 'updatedAt'>;
/** An order that the archiver has, as far as anybody knows. */
export type SilentOrder = Pick<
  WorkOrder,
  '_id' | 'jobId' | 'pid' | 'archiveId' | 'releasedAt' | 'acceptedAt' | 'heardAt'
>;

/** What a reconciliation reads of jobs, their datasets and their work. */
export abstract class ReconciledWork {
  /** Those of these ids that have a record, in whichever state. */
  abstract jobs(ids: readonly string[]): Promise<ReadonlyMap<string, Pick<AssemblyJob, '_id' | 'state'>>>;

  /** Datasets of jobs, open and not changed since then, in the order of their ids. */
  abstract openTasks(before: Date): AsyncIterable<QuietTask>;

  /** Whether an order of the task is open. */
  abstract hasOpenOrders(taskId: string): Promise<boolean>;

  /** Orders that were released before then, and of which nobody has heard since. */
  abstract silentOrders(before: Date): AsyncIterable<SilentOrder>;
}
