import type { OutboxRow } from '#outbox';
import type { WorkOrder } from './records.js';

/** A release of originals that the archiver was asked for. */
export type OriginalRelease = Pick<WorkOrder, '_id' | 'jobId' | 'archiveId' | 'context'>;

/** Releases of originals that the archiver has not answered: it may remove originals at any moment. */
export abstract class OriginalReleases {
  /** The job of an archival of the dataset that is not over: it may still ask for releases. */
  abstract archivingJob(pid: string): Promise<string | undefined>;
  /** Of a dataset, of whichever job, by the ids of their work orders. */
  abstract open(pid: string): AsyncIterable<OriginalRelease>;
  /**
   * Sends a request to end one, once.
   *
   * @returns false when it is over, or was asked to end before
   */
  abstract askToEnd(id: string, request: OutboxRow, now: Date): Promise<boolean>;
}
