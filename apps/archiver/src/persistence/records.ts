import type {
  ArchiveDatablockV1,
  CertifyDatasetV1,
  DiscardDatablockV1,
  ObjectReference,
  OriginalsSource,
  ReleaseOriginalsV1,
  RetrieveDatablockV1,
  VerifyDatablockV1,
} from '#contracts';
import type { MessageContext } from '#messaging';
import type { OutboxPart } from '#outbox';
import type { WorkNeeds } from '../domain/work-needs.js';
import type { AsideState, DatablockState, RetrievedState, WorkState } from '../domain/states.js';

export type Command =
  | { readonly kind: 'archive'; readonly data: ArchiveDatablockV1 }
  | { readonly kind: 'retrieve'; readonly data: RetrieveDatablockV1 }
  | { readonly kind: 'verify'; readonly data: VerifyDatablockV1 }
  | { readonly kind: 'release'; readonly data: ReleaseOriginalsV1 }
  | { readonly kind: 'discard'; readonly data: DiscardDatablockV1 }
  | { readonly kind: 'certify'; readonly data: CertifyDatasetV1 };

/** One accepted work order. */
export interface WorkOrder {
  /** The work order id. */
  _id: string;
  jobId: string;
  command: Command;
  state: WorkState;
  /** A sweep removes what there is of it, this record last. */
  forgetting?: true;
  /** Fencing token: only the worker that holds the newest one may write. */
  epoch: number;
  /** When a worker may take it: at once, after a pause, or when the lease of a dead worker is over. */
  dueAt: Date;
  attempts: number;
  cancelRequested: boolean;
  /** Which archivers may take it; absent: any, as before 0.6. */
  needs?: WorkNeeds;
  lastFault?: string;
  /** The same as a code; absent in records from before 0.6. */
  waitCode?: string;
  acceptedAt: Date;
  /** The trace of the request that led to it. */
  context?: MessageContext;
  outbox: OutboxPart;
}

/** One copy of a datablock. */
export interface StoredCopy {
  /** The name of its target; before ROUTES_FILE its item in LTS_ROOTS (`domain/target-names.ts`). */
  readonly share: string;
  /** When it was last read, and was what was archived. */
  readonly verifiedAt: Date;
  /** Since when it is known to be missing or other than what was archived, and how: until it is verified again. */
  readonly damaged?: { readonly at: Date; readonly found: string };
}

/** A datablock on long-term storage, as proven by reading it back. */
export interface StoredDatablock {
  /** The archive id: its name on every share. */
  _id: string;
  pid: string;
  jobId: string;
  /** Identifies the files it was packed from. */
  filesSha256: string;
  fileCount: number;
  /** Bytes of the files inside. */
  size: number;
  packedSize: number;
  sha256: string;
  manifest: ObjectReference;
  /** Which versions of the objects of the landing zone are in it; absent: it was packed from a folder, or before 0.2. */
  originals?: ObjectReference;
  /** Where it was packed from; absent in records from before 0.4. */
  source?: OriginalsSource;
  copies: StoredCopy[];
  state: DatablockState;
  /** Absent in records from before 0.3: those stay. */
  discardedAt?: Date;
}

/** A file on long-term storage that is out of the way, and goes for good after a grace period. */
export interface FileAside {
  /** The token it was set aside with. */
  _id: string;
  share: string;
  archiveId: string;
  pid: string;
  jobId: string;
  reason: string;
  /** Its dataset was reset: it must not go before its files are known to be elsewhere. */
  reset?: true;
  /** An operator said that it may go all the same. */
  withoutOriginals?: true;
  /** How often it was looked at in vain. */
  looks?: number;
  /** `removing`: by the sweep, until `dueAt`. `returning`: by an operator. */
  state: AsideState;
  setAsideAt: Date;
  /** When the sweep looks at it. */
  dueAt: Date;
}

/** A datablock in the retrieval bucket, or on its way there. */
export interface RetrievedCopy {
  /** The archive id. */
  _id: string;
  state: RetrievedState;
  /** Who recalls it, until when: one try of one work order, or the sweep that removes it. */
  holder: string;
  order?: string;
  epoch?: number;
  until: Date;
  /** When the object goes; only of a present copy. */
  expiresAt?: Date;
}

/** What is remembered of a share: which one it is. */
export interface KnownTarget {
  /** The name of the storage. */
  _id: string;
  /** The id in the file that lies on it. */
  identity: string;
  since: Date;
  /** An operator said that it is the right one. */
  adopted?: { readonly by: string; readonly reason: string };
}

/** A public key that certificates are signed with, as it was announced. */
export interface AnnouncedKey {
  /** Its thumbprint. */
  _id: string;
  announcedAt: Date;
  outbox: OutboxPart;
}

/** `drain`: nothing is written there any more. `pause`: nothing is read there either. What has begun ends. */
export const shareModes = ['run', 'drain', 'pause'] as const;
export type ShareMode = (typeof shareModes)[number];

/** What an operator said of a share. */
export interface ShareSteering {
  /** The name of the storage. */
  _id: string;
  mode: ShareMode;
  by: string;
  reason: string;
  since: Date;
  /** It runs again from then on. */
  until?: Date;
}
