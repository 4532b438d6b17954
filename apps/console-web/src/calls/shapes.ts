import type { AuditEntry, MissingApp, ShownJob } from '#console-api';

/** What calls answer that libs/console-api has no shapes of: as docs/operations-openapi.json and docs/openapi.json say. */
export interface JobPart {
  readonly pid: string;
  readonly name?: string;
  readonly state: string;
  readonly code?: string;
  readonly message?: string;
  readonly claim?: { readonly exclusive: boolean; readonly since: string; readonly verdict?: string };
}

export interface JobOverview {
  readonly job: ShownJob & { readonly cancelRequested?: boolean };
  readonly retries: readonly ShownJob[];
  readonly datasets: { readonly items: readonly JobPart[]; readonly next?: string };
  readonly unsent: readonly {
    readonly type: string;
    readonly since: string;
    readonly published: boolean;
    readonly awaits: readonly string[];
  }[];
}

export interface HistoryEntry {
  readonly at: string;
  readonly by: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly reason?: string;
  readonly event?: string;
}

export type TrailEntry = AuditEntry & { readonly app: string };

export interface Trail {
  readonly items: readonly TrailEntry[];
  readonly missing: readonly MissingApp[];
  /** Apps without an audit trail. */
  readonly without?: readonly string[];
  /** There are older entries than these. */
  readonly more?: boolean;
}

export interface WorkOrderRow {
  readonly id?: string;
  readonly _id?: string;
  readonly jobId?: string;
  readonly group?: string;
  readonly pid?: string;
  readonly kind: string;
  readonly state: string;
  readonly targets?: readonly string[];
  /** Of reading: where it is read. */
  readonly readAt?: string;
  readonly waitCode?: string;
  /** The worker of an outside target that has it. */
  readonly worker?: string;
  readonly fault?: { readonly code: string; readonly message: string };
  readonly createdAt?: string;
  readonly releasedAt?: string;
  readonly endedAt?: string;
  readonly share?: number;
  readonly bytes?: number;
}

export interface WorkRow {
  /** The archiver that told of it. */
  readonly app?: string;
  readonly id: string;
  readonly jobId?: string;
  readonly kind: string;
  readonly pid?: string;
  readonly state: string;
  readonly standing?: string;
  readonly attempts: number;
  readonly dueAt?: string;
  readonly worker?: string;
  readonly phase?: string;
  readonly bytesDone?: number;
  readonly bytesTotal?: number;
  readonly rate?: number;
  readonly waitCode?: string;
  readonly fault?: { readonly code: string; readonly message: string; readonly at?: string };
  readonly targets?: readonly string[];
  readonly cartridge?: string;
  readonly acceptedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface JobParts {
  readonly orders?: { readonly items: readonly WorkOrderRow[]; readonly next?: string };
  readonly works?: { readonly items: readonly WorkRow[]; readonly next?: string };
  readonly missing: readonly MissingApp[];
}

export interface ParkedGroup {
  readonly key: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly sample: string;
}

export interface ParkedDecision {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  readonly state?: string;
}

export interface ParkedRow {
  readonly _id: string;
  readonly messageId: string;
  readonly type: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly sender?: string;
  readonly jobId?: string;
  readonly encoding: 'utf8' | 'base64';
  readonly parkedAt: string;
  readonly state: string;
  readonly decision?: ParkedDecision;
  readonly decisions?: readonly ParkedDecision[];
  readonly notes?: readonly {
    readonly by: string;
    readonly at: string;
    readonly text: string;
    readonly id: string;
  }[];
}

export interface ParkedMessage extends ParkedRow {
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Absent for who may not read bodies. */
  readonly body?: string;
}

export interface BulkRun {
  readonly id: string;
  readonly kind: string;
  readonly filter?: Readonly<Record<string, string>>;
  readonly found: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly left: number;
  readonly state: string;
  readonly by: string;
  readonly reason: string;
  readonly createdAt: string;
  readonly failures?: readonly { readonly id: string; readonly code: string; readonly message: string }[];
  readonly waits?: { readonly code: string; readonly message: string };
  readonly stopped?: { readonly by: string; readonly reason: string };
}

export interface AppInfo {
  readonly app: string;
  readonly version?: string;
  readonly started?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface JobSteering {
  readonly priority?: number;
  readonly notBefore?: string;
  readonly deferredUntil?: string;
}

export interface Download {
  readonly datasetId: string;
  readonly archiveId?: string;
  readonly url: string;
  readonly expiresAt: string;
  readonly packedSize?: number;
  readonly name?: string;
}

export type Codes = Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>>;
