import type {
  ArchiveDatablockV1,
  CertifyDatasetV1,
  ChangePinsV1,
  ConfirmDiscardV1,
  DiscardDatablockV1,
  MoveCopyV1,
  ObjectReference,
  OfferUploadV1,
  OriginalsSource,
  ReleaseOriginalsV1,
  RepairDatablockV1,
  RetrieveDatablockV1,
  TakeUploadV1,
  VerifyDatablockV1,
} from '#contracts';
import type { MediumPlace } from '#long-term-storage';
import type { MessageContext } from '#messaging';
import type { OutboxPart } from '#outbox';
import type { AskedFor } from '../domain/asked-for.js';
import type { Pin } from '../domain/pins.js';
import type { WorkFault } from '../domain/work-fault.js';
import type { WorkNeeds } from '../domain/work-needs.js';
import type {
  AdoptionState,
  AsideState,
  DatablockState,
  RetrievedState,
  WorkState,
} from '../domain/states.js';

export type Command =
  | { readonly kind: 'archive'; readonly data: ArchiveDatablockV1 }
  | { readonly kind: 'retrieve'; readonly data: RetrieveDatablockV1 }
  | { readonly kind: 'verify'; readonly data: VerifyDatablockV1 }
  | { readonly kind: 'repair'; readonly data: RepairDatablockV1 }
  | { readonly kind: 'move'; readonly data: MoveCopyV1 }
  | { readonly kind: 'release'; readonly data: ReleaseOriginalsV1 }
  | { readonly kind: 'discard'; readonly data: DiscardDatablockV1 }
  | { readonly kind: 'confirm'; readonly data: ConfirmDiscardV1 }
  | { readonly kind: 'offer'; readonly data: OfferUploadV1 }
  | { readonly kind: 'take'; readonly data: TakeUploadV1 }
  | { readonly kind: 'certify'; readonly data: CertifyDatasetV1 }
  | { readonly kind: 'pins'; readonly data: ChangePinsV1 };

/** What an order read back of a copy that it made, so that a later try of it need not read a tape again. */
export interface CopyProof {
  /** The name of its target. */
  readonly share: string;
  /** Which storage was there. */
  readonly identity?: string;
  /** `LongTermStorage.markOf`: of the bytes that were read. */
  readonly mark: string;
  readonly packedSize: number;
  readonly sha256: string;
  /** What the first copy was compared with. */
  readonly manifest?: ObjectReference;
  readonly verifiedAt: Date;
}

/** A file that an order has made, whatever was found out about it afterwards. */
export interface PublishedFile {
  readonly share: string;
  /** What tells it from any other file of its name. */
  readonly mark: string;
}

/** Where what a retrieval reads lies, as its storage said: retrievals are read in the order of the tape. */
export interface RecallPlace extends MediumPlace {
  /** The name of the storage. */
  readonly target: string;
}

/** Which media of a target are being read, each by one worker of one archiver. */
export interface ReaderTurns {
  /** The name of the storage. */
  _id: string;
  readers: readonly ReaderTurn[];
}

export interface ReaderTurn {
  readonly medium: string;
  readonly holder: string;
  /** Its archiver has died if it did not push this out. */
  readonly until: Date;
}

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
  /** Milliseconds from when it was given back until `dueAt`; absent while it runs. */
  pause?: number;
  cancelRequested: boolean;
  /** Which archivers may take it; absent: any, as before 0.6. */
  needs?: WorkNeeds;
  /** Of a discard: targets where something is left to be done, after a look that did all others. Absent: all. */
  left?: readonly string[];
  /** Of a retrieval; absent: not known, or it makes no difference. */
  place?: RecallPlace;
  /** When its place was last looked for; absent: never. */
  placedAt?: Date;
  /** Why its last try ended, or what it waits for; kept through the next try. Absent in records from before 0.9. */
  fault?: WorkFault;
  /** What it waits for, as long as it does not run. */
  waitCode?: string;
  /** The same in words, and alone before 0.6: of records from before 0.9. */
  lastFault?: string;
  acceptedAt: Date;
  /** When its last try began, and of which worker it was (an instance). Absent in records from before 0.9. */
  startedAt?: Date;
  worker?: string;
  endedAt?: Date;
  /** How far its try was at its last heartbeat; rate: bytes in a second since the one before. */
  phase?: string;
  bytesDone?: number;
  bytesTotal?: number;
  rate?: number;
  /** Of work that an operator asked for: no job has it. */
  asked?: readonly AskedFor[];
  /** Who had it tried before its time, last. */
  hurried?: { readonly by: string; readonly at: Date; readonly entry: string };
  /** Copies that it read back, one for each target; only of an archival. */
  proofs?: readonly CopyProof[];
  /** Files that tries of it gave their name on a target, the last ones: what is taken back of a cancelled order. */
  published?: readonly PublishedFile[];
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
  /** The work order that mended it last. */
  readonly mendedBy?: string;
  /** A move is under way: it takes the place of the one on this target, which goes next. */
  readonly replaces?: string;
  /** As long as that is so: what tells the file that was read back from any other. Absent in records of 0.7.0. */
  readonly mark?: string;
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
  /** Most copies that an order has asked for: originals go only while there are as many good ones. Absent before 0.7. */
  asked?: number;
  /** How often a copy has come to a target, or left one, since it was archived; absent: never. */
  placement?: number;
  state: DatablockState;
  /** An earlier system archived it: its tar is not of Catena's format, and its manifest is kept beside it only. */
  adopted?: {
    readonly at: Date;
    readonly by: string;
    readonly reason: string;
    /** What its files were compared with. */
    readonly checkedBy: 'checksums' | 'sizes';
  };
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
  /** A reconciliation found it, and nobody knows what is in it: it goes when an operator says so. */
  unrecorded?: true;
  /** Only a copy of a datablock that stays: it goes when the one on this target, which took its place, is still good. */
  replacedBy?: string;
  /** Of a file that was found to be other than what was archived: what it is. */
  sha256?: string;
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

/** A datablock, or a part of one, in the retrieval bucket, or on its way there. */
export interface RetrievedCopy {
  /** Its name in the bucket. */
  _id: string;
  /** Of which datablock; absent in records from before 0.8: that of its name. */
  archiveId?: string;
  /** Bytes of the object; on its way as many as are expected. Absent in records from before 0.8. */
  bytes?: number;
  /** Of the object; only of a present copy. Absent in records from before 0.8: that of the datablock. */
  sha256?: string;
  state: RetrievedState;
  /** Who recalls it, until when: one try of one work order, or the sweep that removes it. */
  holder: string;
  order?: string;
  epoch?: number;
  until: Date;
  /** When the object goes: the end of the pin that lasts longest; only of a present copy. */
  expiresAt?: Date;
  /** Who has it kept, one for each job; only of a present copy. Absent in records from before 0.8. */
  pins?: readonly Pin[];
  /** Changes of its pins: whoever writes them asks for the number it has read. */
  pinned?: number;
  /** For whom it is on its way. */
  job?: string;
  group?: string;
  together?: number;
}

/** A retrieval that waits for room in the retrieval area. */
export interface RoomWait {
  /** The work order. */
  _id: string;
  /** What it wants in the bucket. */
  name: string;
  job: string;
  group: string;
  bytes: number;
  /** Since when it stands in the queue. */
  since: Date;
  /** Without another look until then it does not stand in the queue any more: its order is over. */
  until: Date;
  /** What it lacks: room in the area, or its group's quota. */
  lacks: 'space' | 'quota';
  /** The job, where the bytes are those of all that it wants. */
  claim?: string;
}

/** What is remembered of a share: which one it is. */
export interface KnownTarget {
  /** The name of the storage. */
  _id: string;
  /** The id in the file that lies on it. */
  identity: string;
  since: Date;
  /** An operator said that it is the right one. */
  adopted?: { readonly by: string; readonly reason: string; readonly entry?: string };
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
  /** The audit entries of the last words; absent in records from before 0.9. */
  entries?: readonly string[];
  /** Of a worker: since when no record says that there is one. */
  goneAt?: Date;
}

/** What all copies on a target come to, at one moment. */
export interface CopyFigures {
  readonly at: Date;
  readonly copies: number;
  readonly bytes: number;
  /** Bytes of copies that were read, and were right, within the promise. */
  readonly readBytes: number;
  readonly readCopies: number;
  readonly damaged: number;
  /** Bytes. */
  readonly largest: number;
  /** Bytes of a copy, where each byte counts once: large ones weigh more. */
  readonly usual: number;
  /** Of the copy that was proven longest ago; absent where there is none. */
  readonly oldest?: Date;
}

/** The turn to read old copies on a target, which one archiver has at a time, and what of the budget is spent. */
export interface ScrubTurn {
  /** The name of the target. */
  _id: string;
  /** The archiver that had it last: an id of the process. */
  holder?: string;
  /** Fencing token: one for each turn. */
  epoch: number;
  /** Nobody else takes the turn before then. */
  until: Date;
  /** The day of the figures below, as 2026-01-31 (UTC). */
  day: string;
  /** Spent that day, or borrowed from the days after it. */
  bytes: number;
  milliseconds: number;
  /** Bytes in a millisecond, as the last readings were. */
  rate?: number;
  /** What is read as long as the turn is held. */
  reading?: {
    readonly archiveId: string;
    readonly bytes: number;
    readonly done: number;
    readonly since: Date;
  };
  /** Why nothing was read at the last look. */
  waits?: { readonly code: string; readonly text: string; readonly at: Date };
  figures?: CopyFigures;
  /** When an archiver that serves the target counted last: records of targets that nobody serves go. */
  countedAt: Date;
}

/** What became of one datablock of the catalogue: `adoptable` where a run only looks. */
export type AdoptionOutcome = 'known' | 'adopted' | 'adoptable' | 'refused';

export interface AdoptionProblem {
  readonly archiveId: string;
  readonly pid: string;
  readonly code: string;
  readonly message: string;
}

/** A run over datablocks that the catalogue lists and this archiver does not know. */
export interface Adoption {
  _id: string;
  /** Where their files lie, under their archive ids. */
  target: string;
  /** Absent: of all datasets. */
  pid?: string;
  /** Only those that were registered before then. */
  createdBefore?: Date;
  /** False: it looks for the files, and neither reads nor records them. */
  apply: boolean;
  /** Also what the catalogue has no checksums of: compared by sizes. */
  withoutChecksums?: boolean;
  by: string;
  reason: string;
  state: AdoptionState;
  stoppedBy?: string;
  /** The audit entry of that. */
  stopEntry?: string;
  startedAt: Date;
  endedAt?: Date;
  /** Another archiver may go on with it from then on. */
  until: Date;
  epoch: number;
  /** The id in the catalogue of the last one that was looked at. */
  after: string;
  /** What it reads, and how often it has begun to: an archiver may die of it. */
  trying?: { readonly _id: string; readonly tries: number };
  /** What it waits for. */
  waits?: string;
  counts: Readonly<Record<'looked' | AdoptionOutcome | 'bytes', number>>;
  problems: AdoptionProblem[];
}
