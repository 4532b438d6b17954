/** Some work of a lane that is done, and when it ran. Times in milliseconds. */
export interface DoneWork {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** What an estimate is made of. */
export interface Evidence {
  readonly now: number;
  /** By lane what ended last, and the done part of what runs. */
  readonly done: ReadonlyMap<string, readonly DoneWork[]>;
  /** Bytes by lane that the job has still to do. */
  readonly mine: ReadonlyMap<string, number>;
  /** The same of all jobs, this one included. */
  readonly all: ReadonlyMap<string, number>;
  /** Work for storage that others operate is open, or follows: of that nobody knows how long it takes. */
  readonly outside?: boolean;
}

/** When a job's work may end. */
export interface EndEstimate {
  readonly earliest: Date;
  readonly latest: Date;
  /** For people: it is no promise. */
  readonly assumptions: readonly string[];
}

const assumptions = [
  'each lane goes on as fast as while its last work ran, however long ago that was within a week',
  'earliest: all of that goes to this job',
  'latest: all that waits or runs now in its lanes ends before it',
  'nothing is added, paused or in maintenance',
];
const withoutOutside = 'work of storage that others operate is left out: it may end long after that';
/** Nobody believes what lies beyond. */
const maxAhead = 366 * 86_400_000;
/** Milliseconds; what took less says more about messages than about storage. */
const shortest = 1000;

/** @returns undefined without evidence: a lane in which the job has work to do, and nothing was done lately; or without work */
export function estimateEnd({ now, done, mine, all, outside = false }: Evidence): EndEstimate | undefined {
  let [alone, last] = [0, 0];
  const lanes = [...mine].filter(([, bytes]) => bytes > 0);
  for (const [lane, bytes] of lanes) {
    const rate = speedOf(done.get(lane) ?? []);
    if (rate <= 0) return undefined;
    alone = Math.max(alone, bytes / rate);
    last = Math.max(last, Math.max(bytes, all.get(lane) ?? 0) / rate);
  }
  if (lanes.length === 0 || last > maxAhead) return undefined;
  const [earliest, latest] = [new Date(now + Math.ceil(alone)), new Date(now + Math.ceil(last))];
  return { earliest, latest, assumptions: outside ? [...assumptions, withoutOutside] : assumptions };
}

/** Bytes per millisecond of a lane while anything of it ran: what ran at once counts as one time, and nights without work as none. */
export function speedOf(done: readonly DoneWork[]): number {
  const inTurn = [...done].sort((one, other) => one.from - other.from);
  let [busy, until] = [0, -Infinity];
  for (const { from, to } of inTurn) {
    busy += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  const bytes = done.reduce((sum, one) => sum + one.bytes, 0);
  return bytes / Math.max(busy, shortest);
}
