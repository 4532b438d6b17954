/** Work that waits in a lane. */
export interface LaneWaiting {
  readonly lane: string;
  readonly count: number;
  readonly oldest: Date;
}

/** Numbers about work orders, for people. They decide nothing. */
export abstract class WorkFigures {
  abstract waiting(): Promise<LaneWaiting[]>;
  /** Bytes by lane of what has ended well since then, and of what is done of work released since then. */
  abstract moved(since: Date): Promise<ReadonlyMap<string, number>>;
  /** Bytes by lane that are still to be done, of a job or of all. */
  abstract left(jobId?: string): Promise<ReadonlyMap<string, number>>;
}
