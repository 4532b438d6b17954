import type { Priority } from '#routes';
import type {
  FaultKind,
  DatasetListLine,
  JobOutcome,
  ObjectReference,
  OriginalsSource,
  Selection,
  WaitCode,
  Workflow,
} from '#contracts';
import type { MessageContext } from '#messaging';
import type { OutboxPart } from '#outbox';
import type { OutsideWork } from '../domain/outside-work.js';
import type { JobState, TaskState, WorkOrderState } from '../domain/states.js';
import type { PauseMode } from '../domain/steering.js';

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly fault: FaultKind;
}

/** Why a job waits, as a code with its facts, and as a sentence for people. */
export interface WaitReason {
  readonly code: WaitCode;
  readonly since: Date;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly message: string;
  /** When it ends by itself, or is looked at again, if that is known. */
  readonly next?: Date;
}

/** What an operator said of a job last: its version, by which writers see each other. */
export interface JobSteering {
  readonly version: number;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
  /** `hold`: nothing more of it begins until an operator says so, or until its time; `go`: it goes on. */
  readonly what: 'priority' | 'defer' | 'hold' | 'go';
  /** The audit entry; absent in records from before 0.9. */
  readonly entry?: string;
}

/** What the message about a job said of its datasets. */
export type ToldDatasets = { readonly count: number } & (
  { readonly lines: readonly DatasetListLine[] } | { readonly reference: ObjectReference }
);

/** An accepted job: `accepted` until its plan is complete, `running` until all its datasets are over. */
export interface AssemblyJob {
  _id: string;
  jobType: string;
  workflow: Exclude<Workflow, 'none'>;
  group: string;
  retryOf?: string;
  /** Copies on long-term storage that it asks for; absent: what its route makes. */
  tapeCopies?: number;
  /** Of a migration: the target whose copies move, and where to. */
  moveFrom?: string;
  moveTo?: string;
  /** Of a repair: the only target on which copies are mended. */
  repairAt?: string;
  /** Its datasets, or where they are listed, and how many; absent where the catalogue is to be asked. */
  datasetList?: ToldDatasets;
  state: JobState;
  /** A sweep removes what there is of it, this record last. */
  forgetting?: true;
  cancelRequested: boolean;
  outcome?: JobOutcome;
  /** Why the job could not be planned to its end. */
  fault?: Fault;
  /** What it is about in all, as the catalogue lists it; set when its planning begins. */
  totals?: { readonly datasets: number; readonly bytes: number };
  /** Datasets of its list that are planned, counted from the first: where planning goes on. */
  planned?: number;
  /** Why it could not be planned when that was tried last. */
  planFault?: string;
  /** The same as a code; absent in records from before 0.9. */
  planFaultCode?: string;
  /** What it waits for, in sentences for people. */
  waitsFor?: string[];
  /** The same with codes and facts; absent in records from before 0.6. */
  wait?: WaitReason[];
  /** What people said of its urgency; absent: that of its route. */
  priority?: Priority;
  /** Nothing of it begins before this time; taken away when it is cancelled. */
  notBefore?: Date;
  /** Of a job that has begun: until when nothing more of it is released. */
  deferredUntil?: Date;
  /** Who moved it there, and why. */
  deferredBy?: { readonly by: string; readonly reason: string; readonly at?: Date };
  /** An operator holds it: nothing more of it begins. */
  held?: true;
  /** Who holds it, why and until when; and the time it had before, which counts again when it is held no more. */
  hold?: {
    readonly by: string;
    readonly reason: string;
    readonly at: Date;
    /** Absent: `pause`. */
    readonly mode?: PauseMode;
    readonly until?: Date;
    readonly earlier?: Date;
  };
  /** Absent until an operator changes its priority or its time. */
  steering?: JobSteering;
  /** Its work orders have still to hear of that. */
  toSteer?: true;
  /** Fencing token of the planner that took it last. */
  planner?: number;
  /** Until when the planner that took it may plan it; then it is due. At first, when it may be planned. */
  planningUntil: Date;
  acceptedAt: Date;
  updatedAt: Date;
  /** The trace of the request that led to it. */
  context?: MessageContext;
  outbox: OutboxPart;
}

/** One dataset of a job. */
export interface DatasetTask {
  /** `<jobId>/<n>` */
  _id: string;
  jobId: string;
  pid: string;
  workflow: Exclude<Workflow, 'none'>;
  state: TaskState;
  /** Fencing token of the planner that plans it, or has planned it: drafts with another token never become work. */
  planner?: number;
  bytes: number;
  fault?: Fault;
  /** When it failed for good: what it had archived was discarded. */
  swept?: Date;
  updatedAt: Date;
  /** The trace of the request that led to it. */
  context?: MessageContext;
  outbox: OutboxPart;
}

interface ArchivedResult {
  readonly kind: 'archive';
  readonly size: number;
  readonly packedSize: number;
  readonly fileCount: number;
  readonly sha256: string;
  readonly manifest: ObjectReference;
  /** Where its copies lie; absent where targets have no names. */
  readonly targets?: readonly string[];
  /** Which of the archiver's words on that is the newer one; absent: the first one. */
  readonly placement?: number;
}

interface RetrievedResult {
  readonly kind: 'retrieve';
  readonly packedSize: number;
  readonly sha256: string;
  readonly url: string;
  readonly expiresAt: string;
  /** Of a part: what it is called. */
  readonly name?: string;
}

/** Of a repair, or of a move. */
interface CopiesResult {
  readonly kind: 'copies';
  readonly packedSize: number;
  /** Where its copies lie by then; absent where targets have no names. */
  readonly targets?: readonly string[];
  /** Which of the archiver's words on that is the newer one. */
  readonly placement: number;
  /** Copies that were mended. */
  readonly mended?: number;
}

/** One datablock's work for the archiver, or for the worker of an outside target. */
export interface WorkOrder {
  /** `<jobId>/<n>/<k>` */
  _id: string;
  jobId: string;
  taskId: string;
  /** Fencing token of the planner it belongs to. */
  planner?: number;
  pid: string;
  /** `store`: one more copy, at a target that others operate. */
  kind: Exclude<Workflow, 'none'> | 'store';
  state: WorkOrderState;
  group: string;
  /** Which slots it takes: the name of its lane, see `domain/lanes.ts`. */
  target: string;
  /** Where its copies go, or where it is read, in order of preference; absent without ROUTES_FILE, and in records from before 0.6. */
  targets?: readonly string[];
  /** Targets that others operate: once it is done, their workers are to do the same. */
  outsideTargets?: readonly string[];
  /** The orders to them are there. */
  outsidePlanned?: true;
  /** It is for the worker of such a target; absent: for the archiver. */
  outside?: OutsideWork;
  /** Of a datablock that was discarded: outside targets which its copies have still to be taken from. */
  removing?: readonly CopyToRemove[];
  /** The archiver was asked whether they may go; since it said so (`dueAt`), their workers are. */
  removal?: { readonly attempt: number; readonly dueAt?: Date; readonly isRefused?: true };
  /** Outside targets that have answered a removal for good. */
  removedFrom?: readonly string[];
  /** An operator has brought the discarded datablock back: it is in use again. */
  broughtBack?: true;
  /** Why a copy at an outside target stayed, though it was to go. */
  removalFault?: Fault;
  /** The route it was planned by; absent in records from before 0.6. */
  route?: string;
  /** Of a move: the target whose copy goes, and the one that gets it. */
  moveFrom?: string;
  moveTo?: string;
  /** Of a repair: the only target on which a copy is mended. */
  repairAt?: string;
  /** Copies to be made; absent in records from before 0.6: LTS_COPIES counts. */
  copies?: number;
  /** Absent in records from before 0.6: normal. */
  priority?: Priority;
  /** An operator deferred its job: it is not released before. Taken away at that time. */
  deferredUntil?: Date;
  /** Version of the job's steering that the two are from. */
  steered?: number;
  /** The dispatcher's turn in which it may be released; absent: it was planned since the turn began. */
  turn?: string;
  /** Of reading: the target that was chosen when it was released. */
  readAt?: string;
  /** When the archiver's word of its end came; absent in records from before 0.6. */
  endedAt?: Date;
  archiveId: string;
  /** Bytes of files, for progress. */
  bytes: number;
  /** Share done, 0 to 1. */
  share: number;
  source?: OriginalsSource;
  files?: ObjectReference;
  fileCount?: number;
  /** Of a retrieval: which files of the datablock; absent: all. */
  selection?: Selection;
  result?: ArchivedResult | RetrievedResult | CopiesResult;
  fault?: Fault;
  /** When the archiver was asked to release the originals. */
  releaseAskedAt?: Date;
  /** When it was asked to end that, for a reset of the dataset. */
  releaseEndAskedAt?: Date;
  /** When the archiver was asked to certify the dataset; of its first datablock. */
  certifyAskedAt?: Date;
  originals?: { readonly released: number; readonly kept: number; readonly keptFiles?: readonly string[] };
  /** Why the originals, or the datablock of a cancelled job, stayed. */
  releaseFault?: Fault;
  discardFault?: Fault;
  /** The job that archived the datablock, where that is an earlier one. */
  archivedBy?: string;
  /** The retried job that uses the datablock instead: from then on it answers for it. Decided together with `discardedAt`. */
  usedBy?: string;
  /** The catalogue has registered the datablock for the job that uses it. */
  registered?: true;
  /** When the archiver was asked to remove the datablock of a job that was cancelled, or failed for good. */
  discardedAt?: Date;
  createdAt: Date;
  /** The trace of the request that led to it. */
  context?: MessageContext;
  releasedAt?: Date;
  /** When the archiver was first seen to have accepted all of its messages; absent while one is under way. */
  acceptedAt?: Date;
  /** When the archiver last said anything of it, and what it waits for, if that is what it said. */
  heardAt?: Date;
  waits?: string;
  /** The same as a code, if it said one. */
  waitCode?: string;
  outbox: OutboxPart;
}

/** A copy that others store. */
export interface OutsideCopy {
  readonly packedSize: number;
  readonly sha256: string;
  /** Since when it is known to be missing, or other than what was archived. */
  readonly damagedAt?: Date;
  /** What its worker has read there instead: a worker removes only what an order names. */
  readonly found?: ReadBack;
}

/** What was read from a medium. */
export type ReadBack = Pick<OutsideCopy, 'packedSize' | 'sha256'>;

/** A copy that others store, and that nobody needs any more: as its worker has it. */
export interface CopyToRemove extends Pick<OutsideCopy, 'packedSize' | 'sha256'> {
  readonly target: string;
}

/** Where the copies of a datablock lie. */
export interface DatablockPlace {
  /** The archive id. */
  _id: string;
  pid: string;
  /** Best one for reading first. */
  targets: readonly string[];
  /** The archiver's count of how often a copy came or went, as of these; absent where none has since it was archived. */
  placement?: number;
  /** By the names of targets that others operate. */
  outside?: Readonly<Record<string, OutsideCopy>>;
}
