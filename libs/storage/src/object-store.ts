import type { Readable } from 'node:stream';
import type { PartBuffer } from './part-buffer.js';

/** Which part of an object to read. */
export interface ObjectRange {
  /** First byte. Default 0; an offset at or past the end of an object that is not empty is refused. */
  readonly offset?: number;
  /** Most bytes to read. Default: to the end. */
  readonly length?: number;
}

/** What an object is to be stored with. */
export interface PutOptions extends ObjectAttributes {
  /** Bytes the body will yield; a body of another length makes no object. */
  readonly size: number;
  /** Refuses, with `storage.already-exists`, to replace an object of the same key. Only for bodies of one part (16 MiB). */
  readonly onlyIfAbsent?: boolean;
}

/** Attributes an object carries. */
export interface ObjectAttributes {
  /** Default `application/octet-stream`. */
  readonly contentType?: string;
  /** Keys of lower-case letters, digits and `-`, values of printable ASCII. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Such as `STANDARD` or `GLACIER`; default: that of the bucket. */
  readonly storageClass?: string;
}

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** The store's own fingerprint, without quotes; says nothing about content unless you know how it was uploaded. */
  readonly etag: string;
  readonly modifiedAt: Date;
}

/** An object's attributes. */
export interface ObjectHead extends Omit<ListedObject, 'key'> {
  readonly metadata: Readonly<Record<string, string>>;
  /** As the store names it; most name none for their standard class. */
  readonly storageClass?: string;
  /** Of a cold object whose restoration was asked for. */
  readonly restoration?: { readonly isUnderWay: boolean; readonly until?: Date };
}

/** An object that is being read. */
export interface OpenObject {
  readonly body: Readable;
  /** Of exactly the bytes that the body yields, without quotes. */
  readonly etag: string;
}

/** Exactly this version of an object: another one of the same key is another thing. */
export interface ObjectVersion {
  readonly key: string;
  /** As a listing, a look-up or {@link ObjectStore.open} told it. */
  readonly etag: string;
}

/** How a cold object is to be made readable for a while. */
export interface RestoreOptions {
  /** Days for which it stays readable. */
  readonly days: number;
  /** How fast, and how dear: `Standard`, `Bulk` or `Expedited`, where the store knows them. */
  readonly tier?: string;
}

/** What bytes that are passed on are to be. */
export interface RelayOptions {
  /** Bytes the body will yield. */
  readonly size: number;
  /** Of all of them: lower-case hexadecimal. */
  readonly sha256: string;
  /** Asked once all bytes are proven, before the last of them go on: if it throws, there is no object and no part. */
  readonly beforeEnd?: () => Promise<void>;
  /** They are a part of an upload. Absent: they are the whole object. */
  readonly part?: { readonly uploadId: string; readonly partNumber: number };
}

/** A part of an upload. */
export interface UploadPart {
  /** 1 to 10 000. */
  readonly partNumber: number;
  /** As the store answered it, with or without quotes. */
  readonly etag: string;
}

/** A part that has arrived. */
export interface UploadedPart extends UploadPart {
  /** Bytes. */
  readonly size: number;
}

/** An upload that was begun and neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly begunAt: Date;
}

/**
 * A store of objects in buckets: the landing zone of uploads and the place retrieved data waits in.
 *
 * All methods throw TransientError `storage.unavailable` while the store is away or too busy, `storage.bucket-not-found` and
 * `storage.access-denied` until an operator mends the configuration, and PermanentError `storage.request-invalid` for names or values no store accepts.
 * Calls that may be repeated without harm are repeated a few times before they fail.
 */
export abstract class ObjectStore {
  /** Makes the bucket unless it is there. */
  abstract ensureBucket(bucket: string): Promise<void>;

  /**
   * Stores an object, replacing one of the same key. It appears whole after the last byte and the good end of the body,
   * or not at all: a body that fails at its very end (because a checksum did not match, say) leaves nothing behind.
   * Memory is bounded whatever the size.
   *
   * @throws PermanentError `storage.size-mismatch`, `storage.already-exists`, and whatever the body throws
   */
  abstract put(
    bucket: string,
    key: string,
    body: Buffer | AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<{ readonly etag: string; readonly size: number }>;

  /**
   * Reads an object. A connection that breaks on the way is made anew and continues where it broke.
   *
   * @throws TransientError `storage.cold` when it must be restored first
   * @throws PermanentError `storage.not-found`, `storage.range-invalid`; the stream may also end with
   * `storage.object-changed` when the object was replaced while being read
   */
  abstract open(bucket: string, key: string, range?: ObjectRange): Promise<OpenObject>;

  /** The bytes of {@link open}, for readers whom the version does not concern. Same errors. */
  async get(bucket: string, key: string, range?: ObjectRange): Promise<Readable> {
    return (await this.open(bucket, key, range)).body;
  }

  /**
   * Passes bytes on as they come: an object, or a part of an upload. Memory holds what is on its way, so nothing is repeated. A
   * body that ends early, goes on too long or has another SHA-256 makes no object and no part.
   *
   * @throws PermanentError `storage.size-mismatch`, `storage.checksum-mismatch`, `storage.upload-not-found`, and whatever the body throws
   */
  abstract relay(
    bucket: string,
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: RelayOptions,
  ): Promise<{ readonly etag: string }>;

  /** Undefined when there is no such object (or bucket). */
  abstract head(bucket: string, key: string): Promise<ObjectHead | undefined>;

  /**
   * Asks for a cold object to be made readable; it is when {@link open} finds it so, hours later perhaps. One that is being
   * restored already stays as it is.
   *
   * @throws PermanentError `storage.not-found`
   */
  abstract restore(bucket: string, key: string, options: RestoreOptions): Promise<void>;

  /** Objects whose key starts with the prefix, sorted by the UTF-8 bytes of their keys; one page is held at a time. */
  abstract list(bucket: string, prefix: string): AsyncIterable<ListedObject>;

  /** Removes objects; those that are not there are fine. Any number of keys: they go in bounded batches. */
  abstract remove(bucket: string, keys: Iterable<string>): Promise<void>;

  /**
   * Removes objects if they are still these versions; what was overwritten stays. A store that knows `If-Match` decides and
   * removes in one step. With any other, a client that writes between the two can lose what it wrote: the caller makes
   * sure that nobody may write any more, or lives with that.
   *
   * @returns the keys that hold something else now; what is not there any more is fine
   */
  abstract removeUnchanged(bucket: string, versions: Iterable<ObjectVersion>): Promise<string[]>;

  /**
   * An address from which anybody can load the object, without credentials.
   *
   * @param expirySeconds 1 to 604 800 (seven days)
   * @param options.fileName the name browsers save it under
   */
  abstract presignedGet(
    bucket: string,
    key: string,
    expirySeconds: number,
    options?: { readonly fileName?: string },
  ): Promise<string>;

  /** An address to which anybody can PUT an object of exactly this many bytes, without credentials. Same expiry. */
  abstract presignedPut(bucket: string, key: string, size: number, expirySeconds: number): Promise<string>;

  /** Begins an upload whose parts a client sends to {@link presignedPart} addresses. */
  abstract beginUpload(bucket: string, key: string, attributes?: ObjectAttributes): Promise<string>;

  /** An address to which anybody can PUT one part of exactly its size, without credentials. Same expiry. */
  abstract presignedPart(
    bucket: string,
    key: string,
    part: { readonly uploadId: string; readonly partNumber: number; readonly size: number },
    expirySeconds: number,
  ): Promise<string>;

  /**
   * Sends a part; one that was sent under the same number before is replaced.
   *
   * @throws PermanentError `storage.upload-not-found`
   */
  abstract sendPart(
    bucket: string,
    key: string,
    part: { readonly uploadId: string; readonly partNumber: number },
    content: Buffer | PartBuffer,
  ): Promise<UploadPart>;

  /** The parts that have arrived, by number. @throws PermanentError `storage.upload-not-found` */
  abstract uploadedParts(bucket: string, key: string, uploadId: string): Promise<readonly UploadedPart[]>;

  /**
   * Makes the object of its parts, in the order of their numbers.
   *
   * @throws PermanentError `storage.upload-not-found`; `storage.upload-invalid` when parts are missing, too small or others
   */
  abstract completeUpload(
    bucket: string,
    key: string,
    uploadId: string,
    parts: readonly UploadPart[],
  ): Promise<{ readonly etag: string }>;

  /** Throws the parts away; an upload that is not there is fine. */
  abstract abortUpload(bucket: string, key: string, uploadId: string): Promise<void>;

  /** Uploads under the prefix that are still open. Those of {@link put} are among them while it runs. */
  abstract pendingUploads(bucket: string, prefix: string): AsyncIterable<PendingUpload>;
}
