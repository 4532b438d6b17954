/** What calls about work, queues and publications answer: as docs/operations-openapi.json and docs/openapi.json say. */

/** What an operator said of a worker or a share. Times are ISO 8601. */
export interface SteeredBy {
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  readonly until?: string;
}

/** An archiver. */
export interface WorkerRow {
  readonly instance: string;
  readonly host?: string;
  readonly version?: string;
  readonly slots?: number;
  readonly works?: number;
  readonly targets?: readonly string[];
  readonly alive?: boolean;
  readonly seenAt?: string;
  readonly startedAt?: string;
  /** `run`, `pause` or `drain`. */
  readonly mode?: string;
  readonly steered?: SteeredBy;
}

export interface OwnQueue {
  readonly name: string;
  /** `inbox`, `retry`, `dead` or `receipts`. */
  readonly purpose: string;
  /** Absent where the broker has no such queue. */
  readonly messages?: number;
  readonly consumers?: number;
}

export interface OpenMessages {
  readonly type: string;
  /** Absent while the broker has them not. */
  readonly consumer?: string;
  /** `unpublished` or `unaccepted`. */
  readonly state: string;
  readonly count: number;
  readonly oldest: string;
}

/** A code with its sentence, and since when it is so. */
export interface TimedFault {
  readonly code: string;
  readonly message: string;
  readonly at?: string;
}

/** A publication, as the publisher has it. */
export interface PublicationRow {
  readonly doi: string;
  readonly step?: string;
  readonly version?: number;
  readonly reported?: number;
  /** `draft`, `published`, `unchanged` or `withdrawn`. */
  readonly wanted?: string;
  readonly stale?: boolean;
  readonly revision?: number;
  readonly attributesDigest?: string;
  readonly publishedAt?: string;
  readonly withdrawal?: { readonly at: string; readonly reason: string; readonly replacedBy?: string };
  readonly registry?: {
    readonly state?: string;
    readonly attributesDigest?: string;
    readonly url?: string;
    readonly checkedAt?: string;
    readonly uncertain?: boolean;
  };
  readonly pushed?: { readonly revision: number; readonly at?: string; readonly lost?: boolean };
  readonly blocked?: TimedFault & { readonly problems?: readonly FieldProblem[] };
  readonly lastFault?: TimedFault;
  readonly dueAt?: string;
  readonly attempts?: number;
  readonly unsent?: number;
}

/** What is wrong with one field of a record, for its author. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
}

export interface RecallRow {
  readonly id: string;
  readonly doi: string;
  readonly state: string;
  readonly asked?: boolean;
  readonly confirmed?: boolean;
  readonly mailed?: boolean;
  readonly jobId?: string;
  readonly dueAt?: string;
  readonly attempts?: number;
  readonly message?: string;
  readonly requestedAt?: string;
  readonly finishedAt?: string;
}

/** What the publication server says of itself. */
export interface PublicSide {
  readonly version?: string;
  readonly started?: string;
  readonly now?: string;
  readonly database?: string;
  readonly downloads?: number;
  readonly recallsWaiting?: number;
}

/** Where the catalogue sees a publication on its way. */
export interface CatalogueStatus {
  readonly doi?: string;
  readonly status?: string;
  readonly version?: number;
  readonly doiState?: string;
  readonly landingPage?: string;
  readonly embargoUntil?: string;
  readonly registration?: {
    readonly state?: string;
    readonly step?: string;
    readonly message?: string;
    readonly at?: string;
    readonly problems?: readonly FieldProblem[];
  };
  readonly withdrawal?: { readonly at?: string; readonly reason?: string };
}

/** The record of the catalogue, as far as it is shown here. */
export interface CatalogueRecord {
  readonly title?: string;
  readonly datasetPids?: readonly string[];
}
