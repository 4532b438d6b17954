/** What an estimate is made of. All times in milliseconds. */
export interface Evidence {
  readonly now: number;
  /** How far back `moved` looks. */
  readonly window: number;
  /** Bytes by lane that were done within the window. */
  readonly moved: ReadonlyMap<string, number>;
  /** Bytes by lane that the job has still to do. */
  readonly mine: ReadonlyMap<string, number>;
  /** The same of all jobs, this one included. */
  readonly all: ReadonlyMap<string, number>;
}

/** When a job's work may end. */
export interface EndEstimate {
  readonly earliest: Date;
  readonly latest: Date;
  /** For people: it is no promise. */
  readonly assumptions: readonly string[];
}

const assumptions = [
  'each lane goes on as fast as in the last hour',
  'earliest: all of that goes to this job',
  'latest: all that waits or runs now in its lanes ends before it',
  'nothing is added, paused or in maintenance',
];
/** Nobody believes what lies beyond. */
const maxAhead = 366 * 86_400_000;

/** @returns undefined without evidence: a lane in which the job has work to do, and nothing was done lately; or without work */
export function estimateEnd({ now, window, moved, mine, all }: Evidence): EndEstimate | undefined {
  let [alone, last] = [0, 0];
  const lanes = [...mine].filter(([, bytes]) => bytes > 0);
  for (const [lane, bytes] of lanes) {
    const rate = (moved.get(lane) ?? 0) / window;
    if (rate <= 0) return undefined;
    alone = Math.max(alone, bytes / rate);
    last = Math.max(last, Math.max(bytes, all.get(lane) ?? 0) / rate);
  }
  if (lanes.length === 0 || last > maxAhead) return undefined;
  return { earliest: new Date(now + Math.ceil(alone)), latest: new Date(now + Math.ceil(last)), assumptions };
}
