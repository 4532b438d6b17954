import type { FieldProblem } from '#contracts';
import type { MessageContext } from '#messaging';
import type { OutboxPart } from '#outbox';
import type { PublicRecord } from '#publication-feed';

/** What is to become of a publication, as the catalogue said last. */
export type Wanted = 'draft' | 'published' | 'unchanged' | 'withdrawn';

/** As DataCite told when it was read back last; `none`: it does not know the DOI. */
export type DoiState = 'none' | 'draft' | 'registered' | 'findable';

/** What this app knows and owns of one publication. */
export interface Publication {
  /** The DOI. */
  _id: string;
  /** Highest version of the catalogue's record that was heard of. */
  version: number;
  wanted: Wanted;
  /** The content has to be read from the catalogue again. */
  stale: boolean;
  /** The trace of the request that led to its version. */
  context?: MessageContext;
  /** Grows with each message, so that one that arrives during work is not overlooked. */
  heard: number;
  /** Revision of the content for the public; see `Content`. 0: none yet. */
  revision: number;
  /** Of the attributes DataCite is to have. */
  attributesDigest?: string;
  publishedAt?: Date;
  withdrawal?: { readonly at: string; readonly reason: string; readonly replacedBy?: string };
  doi: {
    readonly state: DoiState;
    /** Of the attributes DataCite confirmed. */
    readonly attributesDigest?: string;
    readonly url?: string;
    /** Of what was read back then: another one later is drift. */
    readonly readBack?: string;
    readonly checkedAt?: Date;
    /** Something was sent and its end is not known: read back before sending again. */
    readonly uncertain?: boolean;
  };
  /** What the publication server confirmed; `lost`: a comparison did not find it there any more. */
  pushed?: {
    readonly revision: number;
    readonly digest: string;
    readonly at: Date;
    readonly lost?: boolean;
  };
  /** Version of the last report to the catalogue. */
  reported: number;
  /** Why nothing goes on until the catalogue sends a newer version, or an operator retries. */
  blocked?: {
    readonly code: string;
    readonly message: string;
    readonly at: Date;
    readonly problems: readonly FieldProblem[];
  };
  /** When a worker looks at it next; absent when nothing is to do. */
  dueAt?: Date;
  /** Until when a worker has it to itself. */
  leasedUntil: Date;
  /** Fencing token: only the worker that holds the newest one may write. */
  epoch: number;
  attempts: number;
  lastFault?: { readonly code: string; readonly message: string; readonly at: Date };
  outbox: OutboxPart;
}

/** The content of a publication as it was frozen for one revision: what DataCite and the public get. */
export interface Content {
  /** The DOI. */
  _id: string;
  /** The DOI in lower case, as the public store names it. */
  key: string;
  revision: number;
  /** The catalogue's version it was read at. */
  version: number;
  /** Fencing token of the worker that froze it; content of older programs has none. */
  epoch?: number;
  record: PublicRecord;
}

/** A part of a file list that waits to be pushed. */
export interface ListPart {
  /** `<DOI>\n<part>` */
  _id: string;
  doi: string;
  part: number;
  sha256: string;
  /** NDJSON. */
  text: string;
}

/** A recall that is under way for readers, or for a new publication. */
export interface Recall {
  /** The reader's request, or `publication:<DOI>:<revision>`. */
  _id: string;
  doi: string;
  /** `mailing`: the copies are there and readers know it, but for the mail. */
  state: 'requested' | 'recalling' | 'mailing' | 'ready' | 'failed';
  /** A reader waits for it at the publication server. */
  asked: boolean;
  email?: string;
  /** Part of the link by which the reader confirms the address; requests of earlier servers have none. */
  confirmation?: string;
  /** When the reader was asked to. */
  confirmationAskedAt?: Date;
  /** When the mail server was last given that question, whether it took it or not. */
  confirmationTriedAt?: Date;
  confirmed?: boolean;
  language?: string;
  jobId?: string;
  dueAt?: Date;
  attempts: number;
  message?: string;
  requestedAt: Date;
  finishedAt?: Date;
}
