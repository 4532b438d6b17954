import type { MetadataShape } from '../domain/metadata-shape.js';
import type { UserId } from './user-ids.js';
import type { OutboxPart } from '#outbox';
import type { JobProgressedV1, ObjectReference, Phase, Workflow } from '#contracts';
import type { Lifecycle } from '#scicat-words';

interface Queryable {
  createdBy: string;
  updatedBy: string;
  createdAt: Date;
  updatedAt: Date;
  __v: number;
}

interface Ownable extends Queryable {
  ownerGroup: string;
  accessGroups: string[];
  instrumentGroup?: string;
  isPublished: boolean;
}

/** A record that is about to be removed, or is gone. */
export interface RemovalRecord {
  _id: string;
  collection: string;
  id: string;
  at: Date;
}

/** The key that an account posted a record under, and what it asked for. */
export interface IdempotencyMark {
  readonly user: string;
  readonly key: string;
  readonly digest: string;
  readonly at: Date;
}

/** A document of SciCat's collection `Dataset`; more fields than these may be there and pass through unchanged. */
export interface DatasetRecord extends Ownable {
  _id: string;
  pid: string;
  type: string;
  owner: string;
  sourceFolder: string;
  sourceFolderHost?: string;
  size: number;
  packedSize: number;
  numberOfFiles: number;
  numberOfFilesArchived: number;
  sharedWith?: string[];
  datasetlifecycle: Lifecycle;
  scientificMetadata?: Record<string, unknown>;
  proposalIds?: (string | null)[];
  sampleIds?: (string | null)[];
  instrumentIds?: (string | null)[];
  principalInvestigators?: string[];
  version?: string;
  catena?: { idempotency?: IdempotencyMark };
  [field: string]: unknown;
}

export interface DataFile {
  _id?: unknown;
  path: string;
  size: number;
  time: Date;
  chk?: string;
  uid?: string;
  gid?: string;
  perm?: string;
  type?: string;
}

export interface OrigDatablockRecord extends Ownable {
  _id: string;
  datasetId: string;
  size: number;
  chkAlg?: string;
  dataFileList: DataFile[];
}

export interface DatablockRecord extends OrigDatablockRecord {
  archiveId: string;
  packedSize: number;
  version: string;
}

/** A certificate of a dataset that the archiver has signed. */
export interface CertificateRecord {
  /** The work order that it was issued for. */
  _id: string;
  pid: string;
  /** The job that archived or verified the dataset. */
  jobId: string;
  kid: string;
  issuedAt: Date;
  reference: ObjectReference;
  /** How many datablocks it says of, and a digest of their archive ids. */
  datablocks: number;
  archiveIds: string;
}

/** Why the archiver issued none when it was asked last. */
export interface CertificateRefusal {
  /** The pid of the dataset. */
  _id: string;
  code: string;
  message: string;
  at: Date;
}

/** A public key that certificates were signed with. */
export interface CertificateKeyRecord {
  /** Its thumbprint. */
  _id: string;
  x: string;
  validFrom: Date;
  /** Who has said, and why, that nothing it has signed counts any more. */
  revoked?: { readonly at: Date; readonly by: string; readonly reason: string };
}

export interface JobHistoryEntry {
  readonly at: Date;
  readonly by: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  /** Why, in the words of who did it. */
  readonly reason?: string;
  /** What happened without a change of status. */
  readonly event?:
    'cancel-requested' | 'cancel-too-late' | 'copies-requested' | 'copies-changed' | 'retried' | 'steered';
}

export interface JobCancel {
  readonly by: string;
  readonly at: Date;
  /** Absent where nobody was asked for one: a PATCH of SciCat's, a job of one's own. */
  readonly reason?: string;
}

export interface JobProgress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly datasetsDone: number;
  readonly datasetsTotal: number;
  readonly phase: Phase;
  /** What the job, or a part of it, waits for. */
  readonly waitsFor?: readonly string[];
  /** The same as codes, each once. */
  readonly waits?: readonly string[];
  /** The same with facts; absent from job-assemblers of before 0.7. */
  readonly reasons?: JobProgressedV1['reasons'];
  readonly at: Date;
}

/** What a mail of a job tells of: each once. */
export const jobMailKinds = ['start', 'end'] as const;
export type JobMailKind = (typeof jobMailKinds)[number];

/** A mail that is still to be sent. */
export interface JobMail {
  readonly at: Date;
  /** Tries that failed. */
  readonly tries: number;
  /** Digests of the addresses that got it. */
  readonly sent: readonly string[];
  /** Whom the routes of the job name: addresses, and `owner` for whoever posted it. */
  readonly also?: readonly string[];
  /** What the job said when it was written. */
  readonly told?: { readonly statusCode: string; readonly statusMessage: string };
}

/** One retry at a time: whoever writes this makes the child. */
export interface JobRetry {
  readonly child: string;
  readonly by: string;
  readonly at: Date;
}

/** What Catena keeps inside a job document; never shown to SciCat's clients. Of a job that SciCat has stored, its history at most. */
interface JobCatenaPart {
  outbox: OutboxPart;
  /**
   * Posted, not accepted yet: its datasets are still being claimed, nothing of it was sent, nobody is shown it. Whoever
   * removes this field accepts the job; whoever removes the document refuses it.
   */
  storing?: true;
  history: JobHistoryEntry[];
  /** Absent in a job that SciCat has stored. */
  workflow?: Workflow;
  /** Highest sequence of a report that was applied: older reports change nothing. */
  reported: number;
  finished: boolean;
  /** Until the job is over, by its state or, where another archive system runs it, by its word: what long lists look for. */
  unfinished?: true;
  /** Changes of status and result so far: whoever merges into the result asks for the number it has read. */
  changes?: number;
  cancelRequested?: boolean;
  /** Who asked for its end first. */
  cancel?: JobCancel;
  /** The audit entry of that. */
  cancelAudit?: string;
  retryOf?: string;
  /** The audit entry of the retry that made it. */
  retryAudit?: string;
  /** Of a job that is over: who retries it, or did last. */
  retry?: JobRetry;
  /** Requests to keep what it has retrieved for longer, or to let go of it: the number of the last one, and of the last answer taken. */
  pins?: { readonly asked: number; readonly askedAt: Date; readonly answered: number };
  /** Who gets its mails as the one who posted it; absent: `contactEmail`. */
  initiator?: string;
  /** Nothing of it begins before this time: its `executionTime`, where that was still to come. */
  notBefore?: Date;
  idempotency?: { readonly user: string; readonly key: string; readonly digest: string };
  progress?: JobProgress;
  /** Mails still to be sent; absent when there are none. */
  mails?: Partial<Record<JobMailKind, JobMail>>;
  /** When they are looked at next. */
  mailsDue?: Date;
  /** Until when one process sends them. */
  mailsTaken?: Date;
}

/** A document of SciCat's collection `Job`. */
export interface JobRecord extends Queryable {
  _id: string;
  id: string;
  ownerUser?: string;
  ownerGroup?: string;
  accessGroups: string[];
  isPublished: boolean;
  type: string;
  statusCode: string;
  statusMessage: string;
  jobParams: Record<string, unknown>;
  contactEmail: string;
  configVersion: string;
  jobResultObject: Record<string, unknown>;
  catena?: JobCatenaPart;
}

/** A job's hold on a dataset, from acceptance to the end of the dataset's part. */
export interface ClaimRecord {
  /** `<jobId>:<pid>` */
  _id: string;
  jobId: string;
  pid: string;
  workflow: Workflow;
  /** Equals `pid` while no other job may work on the dataset (unique); absent for shared holds. */
  exclusive?: string;
  /** The dataset's part of the job is over: nothing to restore any more. */
  ended?: boolean;
  /** What became of the registration, or the reset, of its datablocks: decided once, whoever asks and however often. */
  verdict?: 'registered' | 'reset' | 'refused';
  /** Lifecycle flags to restore when the job ends without success. */
  before: Partial<Lifecycle>;
  at: Date;
  outbox: OutboxPart;
}

export interface UserRecord {
  _id: UserId;
  username: string;
  email: string;
  password?: string;
  authStrategy: string;
  __v: number;
  /** Grows with each change of the password: tokens of before stand for nobody. Catena's own field. */
  catenaSessions?: number;
  /** Digest of the token that the person changed the password with: it goes on. */
  catenaKeptToken?: string;
}

/** A place of one person for an upload in parts. */
export interface LandingUploadRecord {
  /** `<user id>/<number>` */
  _id: string;
  userId: string;
  key: string;
  /** Bytes that were announced. */
  size: number;
  /** Absent while the upload is being begun. */
  uploadId?: string;
  usedAt: Date;
}

/** What a token says of its bearer, without being one. */
export interface Session {
  readonly digest: string;
  readonly userId: string;
  /** How often the password had been changed when the token was made. */
  readonly sessions: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface SignInCodeRecord {
  /** Digest of the code. */
  _id: string;
  userId: string;
  /** Digest of what only the one knows who began the sign-in. */
  challenge: string;
  expiresAt: Date;
}

export interface EventTicketRecord {
  /** Digest of the ticket. */
  _id: string;
  userId: string;
  /** What the token said that asked for the ticket; tickets of earlier versions, half a minute old at most, have none. */
  session?: Session;
  expiresAt: Date;
}

/** A process that answers for new datasets before their metadata keys are written. */
export interface KeysOwedRecord {
  readonly _id: string;
  /** Keys of datasets that were made before then are written. */
  readonly since: Date;
  readonly seenAt: Date;
}

export type StoredShape = MetadataShape & { readonly createdAt: Date; readonly leaving?: string };
