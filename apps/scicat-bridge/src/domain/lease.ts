/** A worker's lease of one job. */
export interface Lease {
  readonly jobId: string;
  /** Fencing token. */
  readonly epoch: number;
  /** Fires when the lease is lost. */
  readonly signal: AbortSignal;
  /**
   * Asked before each write to SciCat, which knows no fencing: the lease must outlast the longest that such a call may take, by this
   * process's own clock. A process that froze and wakes up again finds it run out, whatever else it has not heard yet.
   *
   * @throws LeaseLost
   */
  mustHold(): void;
}

/** Another worker has the newer token: whatever this one still wants to write is refused. */
export class LeaseLost extends Error {
  constructor(jobId: string) {
    super(`Another worker has taken over job ${jobId}.`);
  }
}
