/** One archiver that takes work: a sign of life, renewed as long as its process does anything. */
export interface WorkerRecord {
  /** Its instance: HOST:PID. */
  _id: string;
  host: string;
  pid: number;
  version: string;
  /** Pieces of work at once, and how many it has now. */
  slots: number;
  works: number;
  /** Names of the targets that it has, as records write them. */
  targets: readonly string[];
  /** Of these, those that lie on media; absent: none. */
  media?: readonly string[];
  seenAt: Date;
  startedAt: Date;
}

/** Milliseconds between two signs of life. */
export const signPause = 10_000;
/** Milliseconds without a sign after which a worker counts as silent: frozen, dead, or cut off from the database. */
export const silence = 3 * signPause;
