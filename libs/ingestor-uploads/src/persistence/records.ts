import type { Uploader } from '../upload-catalogue.js';

/** A person's right to upload, from POST /token until it expires. The newest one of a dataset holds its upload. */
export interface Grant {
  readonly _id: string;
  /** SHA-256 of the refresh token. */
  readonly refresh: string;
  readonly uploader: Uploader;
  readonly at: Date;
  readonly expiresAt: Date;
}

/**
 * `open`: files may come. `closing`: its end is being looked at; it opens again if something is missing. `complete`: everything was there;
 * the catalogue and the job are what is left to do. `finalized`. `aborting`: what it stored is being removed. `aborted`.
 */
export const uploadStates = ['open', 'closing', 'complete', 'finalized', 'aborting', 'aborted'] as const;
export type UploadState = (typeof uploadStates)[number];

/** The upload of a dataset: one at a time, so its `_id` is the dataset's pid. */
export interface Upload {
  readonly _id: string;
  /** Which one: a later upload of the dataset has another. */
  readonly upload: string;
  readonly state: UploadState;
  readonly uploader: Uploader;
  /** The grant that holds it. */
  readonly grant: string;
  readonly ownerGroup: string;
  readonly sourceFolder: string;
  /** Bytes that are kept free for it. */
  readonly reserved: number;
  /** Files of an earlier upload of the dataset lie there: what this one writes over is not its own to remove. */
  readonly beside?: true;
  /** Bytes of files that the catalogue does not list. */
  readonly unlisted: number;
  readonly beganAt: Date;
  readonly usedAt: Date;
  /** While it is closed, completed or thrown away: who does it, and until when nobody else may. */
  readonly worker?: string;
  readonly workedUntil?: Date;
  /** What the end asked for. */
  readonly wants?: UploadWishes;
  /** Its client gave it up before its end could be looked at: if something is missing, it is thrown away. */
  readonly givenUp?: true;
  readonly jobId?: string;
  readonly endedAt?: Date;
}

/** What is to be done once everything is there. */
export interface UploadWishes {
  readonly archiveJob: boolean;
  readonly contactEmail: string;
}

/** A file of an upload: announced, then arrived. */
export interface UploadFile {
  /** Of upload and path, one-to-one. */
  readonly _id: string;
  readonly upload: string;
  readonly pid: string;
  readonly path: string;
  readonly key: string;
  /** Bytes that the catalogue lists; absent: it does not list the file. */
  readonly size?: number;
  readonly state: 'coming' | 'arrived';
  readonly at: Date;
  /** An object of this name was there before the upload: it stays whatever becomes of the upload. */
  readonly existed?: true;
  /** The newest transfer of its bytes in one piece, until it is noted: no other may end. */
  readonly transfer?: string;
  /** The upload in parts that is under way, or made the object. */
  readonly multipart?: { readonly id: string; readonly parts: number };
  /** Of the object: exactly this one may be removed. */
  readonly etag?: string;
  /** Bytes of the object. */
  readonly stored?: number;
  /** Base64; of a file in parts, of the digests of its parts. */
  readonly sha256?: string;
}

/** A part that arrived. */
export interface UploadPartRecord {
  /** File, upload in parts and number. */
  readonly _id: string;
  readonly upload: string;
  readonly file: string;
  readonly multipart: string;
  readonly number: number;
  readonly size: number;
  /** Base64. */
  readonly sha256: string;
  readonly etag: string;
}

/** Space that one dataset takes in the landing zone: kept free for its upload, or filled by it. */
export interface Hold {
  readonly pid: string;
  readonly bytes: number;
  readonly kind: 'reserved' | 'landed';
  readonly at: Date;
}

/** All of them in one document: whether there is room is decided by one write. */
export interface Space {
  readonly _id: 'landing-zone';
  readonly version: number;
  readonly holds: readonly Hold[];
}
