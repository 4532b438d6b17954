/** What the calls of archivers and of job-assembler answer, as docs/operations-openapi.json says. Times are ISO 8601, sizes bytes. */
export interface Steered {
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  readonly until?: string;
}

export type ShareMode = 'run' | 'drain' | 'pause';

export interface ShareRow {
  readonly name: string;
  readonly state: string;
  readonly up?: boolean;
  readonly code?: string;
  readonly reason?: string;
  readonly freeBytes?: number;
  readonly reserve?: number;
  /** False: its storage did not answer in time. */
  readonly looked?: boolean;
  /** What is there: an id, `empty`, or `unidentified`. */
  readonly identity?: string;
  readonly mode?: ShareMode;
  readonly steered?: Steered;
  /** Work that has it now. */
  readonly running?: number;
  readonly drives?: number;
  readonly cartridges?: readonly string[];
  readonly queue?: number;
}

export interface ScrubRow {
  readonly target: string;
  readonly promise?: { readonly days: number; readonly bytesPerDay: number; readonly hoursPerDay: number };
  /** Counted once an hour. */
  readonly counted?: {
    readonly at: string;
    readonly copies: number;
    readonly bytes: number;
    readonly readBytes: number;
    readonly readCopies: number;
    readonly damaged: number;
    /** When the copy that was proven longest ago was proven. */
    readonly oldest?: string;
    /** Of bytes, read within the promise: 0 to 1. */
    readonly share: number;
  };
  readonly spent?: { readonly bytes: number; readonly milliseconds: number };
  readonly reading?: { readonly archiveId: string; readonly bytes: number; readonly done: number };
  readonly waits?: { readonly code: string; readonly text: string; readonly at?: string };
  readonly forecast?: {
    readonly leastBytesPerDay: number;
    readonly leastHoursPerDay?: number;
    readonly keepsPromise: boolean;
  };
}

export interface CopyRow {
  readonly archiveId: string;
  readonly pid: string;
  readonly share: string;
  readonly bytes: number;
  readonly state: string;
  readonly checkedAt: string;
  readonly verifiedAt: string;
  readonly finding?: string;
}

export interface RetrievalsRow {
  readonly copies?: number;
  readonly used?: number;
  readonly reserved?: number;
  readonly space?: number;
  readonly quota?: number;
  readonly nextEnd?: string;
  readonly groups?: readonly { readonly group: string; readonly copies: number; readonly bytes: number }[];
  readonly waiting?: number;
  readonly queue?: readonly {
    readonly workOrderId: string;
    readonly jobId: string;
    readonly group: string;
    readonly bytes: number;
    readonly since: string;
    readonly lacks: string;
  }[];
}

export interface RetrievedRow {
  readonly id: string;
  readonly archiveId: string;
  readonly pid?: string;
  readonly state: string;
  readonly bytes?: number;
  readonly expiresAt?: string;
  readonly jobs?: readonly string[];
}

export interface AsideRow {
  readonly _id: string;
  readonly share: string;
  readonly archiveId: string;
  readonly pid: string;
  readonly jobId?: string;
  readonly reason: string;
  /** Its dataset was reset. */
  readonly reset?: boolean;
  /** Nobody knows what is in it. */
  readonly unrecorded?: boolean;
  readonly replacedBy?: string;
  readonly withoutOriginals?: boolean;
  readonly looks?: number;
  readonly state: string;
  readonly setAsideAt: string;
  readonly dueAt: string;
}

export interface PauseRow {
  readonly id: string;
  /** `all`, `target:NAME`, `route:NAME`, `group:NAME` or `job:ID`. */
  readonly scope: string;
  readonly mode?: string;
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  readonly until?: string;
  /** Work of it that still runs. */
  readonly left?: number;
}

export interface Override {
  readonly value: number;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly until?: string;
}

type Numbers = Readonly<Record<string, number>>;

export interface Limits {
  readonly version: number;
  /** By name: `global`, `perGroup`, `write:TARGET`, `read:TARGET`. */
  readonly configured: Numbers;
  readonly override: Readonly<Record<string, Override>>;
  readonly used: { readonly global: number; readonly targets: Numbers; readonly groups: Numbers };
  /** By lane. */
  readonly planned: Numbers;
  readonly oldestPlanned: Readonly<Record<string, string>>;
  readonly pauses: readonly PauseRow[];
  readonly heldJobs?: number;
  readonly closed?: Readonly<Record<string, { readonly reason: string; readonly opensAt?: string }>>;
}

/** A dataset as catalog-api gives it to who may see it. */
export interface DatasetRecord {
  readonly pid: string;
  readonly datasetName?: string;
  readonly ownerGroup?: string;
  readonly size?: number;
  readonly packedSize?: number;
  readonly numberOfFiles?: number;
  readonly numberOfFilesArchived?: number;
  readonly creationTime?: string;
  readonly datasetlifecycle?: {
    readonly archivable?: boolean;
    readonly retrievable?: boolean;
    readonly archiveStatusMessage?: string;
    readonly retrieveStatusMessage?: string;
    readonly archiveRetentionTime?: string;
  };
}
