import type { DoneWork } from '../domain/estimate.js';

/** Work that waits in a lane. */
export interface LaneWaiting {
  readonly lane: string;
  readonly count: number;
  readonly oldest: Date;
}

/** Numbers about work orders, for people. They decide nothing. */
export abstract class WorkFigures {
  abstract waiting(): Promise<LaneWaiting[]>;
  /** Of each lane what ended well last since then, and what is done of work that runs; a bounded number of each. */
  abstract done(
    lanes: readonly string[],
    since: Date,
    now: Date,
  ): Promise<ReadonlyMap<string, readonly DoneWork[]>>;
  /** Whether work of the job is with workers of outside targets, waits for them, or is to follow there. */
  abstract isOutside(jobId: string): Promise<boolean>;
  /** Bytes by lane that are still to be done, of a job or of all. */
  abstract left(jobId?: string): Promise<ReadonlyMap<string, number>>;
}
