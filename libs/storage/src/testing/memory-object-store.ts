import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { PermanentError, TransientError } from '#kernel';
import type { PartBuffer } from '../part-buffer.js';
import { proven } from '../s3/relay.js';
import {
  alreadyExists,
  checkAttributes,
  checkBucket,
  checkExpiry,
  checkKey,
  checkPartNumber,
  checkSize,
  checkRange,
  orderedParts,
  rangeInvalid,
  sizeMismatch,
} from '../checks.js';
import {
  ObjectStore,
  type ListedObject,
  type ObjectAttributes,
  type ObjectHead,
  type ObjectRange,
  type ObjectVersion,
  type OpenObject,
  type PendingUpload,
  type PutOptions,
  type RelayOptions,
  type RestoreOptions,
  type UploadPart,
  type UploadedPart,
} from '../object-store.js';

interface StoredObject extends ObjectHead {
  readonly content: Buffer;
}

interface OpenUpload extends PendingUpload {
  readonly attributes: ObjectAttributes;
  readonly parts: Map<number, Buffer>;
}

/**
 * An object store in memory, with faults to order. Its presigned addresses (`memory://…`) lead nowhere; tests play the
 * client with {@link MemoryObjectStore.putPart}.
 */
export class MemoryObjectStore extends ObjectStore {
  /** As if the store did not answer. */
  unavailable = false;
  /** Reads break after this many bytes. */
  breakReadsAfter = Infinity;
  /** Classes whose objects must be restored before they can be read. */
  coldClasses: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];
  /** Keys whose restoration was asked for, each time. */
  readonly restorations: string[] = [];
  protected readonly buckets = new Map<string, Map<string, StoredObject>>();
  private readonly uploads = new Map<string, OpenUpload & { readonly bucket: string }>();

  /** Damages an object: turns one bit of the byte at this position. */
  flipBit(bucket: string, key: string, position: number): void {
    const found = this.found(bucket, key);
    const content = Buffer.from(found.content);
    content[position] = (content[position] ?? 0) ^ 1;
    this.bucket(bucket).set(key, { ...found, content });
  }

  /** As if it had been stored so many milliseconds earlier. */
  backdate(bucket: string, key: string, milliseconds: number): void {
    const found = this.found(bucket, key);
    const modifiedAt = new Date(found.modifiedAt.getTime() - milliseconds);
    this.bucket(bucket).set(key, { ...found, modifiedAt });
  }

  /** What a client does with a {@link presignedPart} address. */
  putPart(bucket: string, key: string, uploadId: string, partNumber: number, content: Buffer): UploadPart {
    this.upload(bucket, key, uploadId).parts.set(partNumber, content);
    return { partNumber, etag: etagOf(content) };
  }

  /** Ends a restoration: the object can be read from now on. */
  restored(bucket: string, key: string): void {
    const until = new Date(Date.now() + 86_400_000);
    this.bucket(bucket).set(key, { ...this.found(bucket, key), restoration: { isUnderWay: false, until } });
  }

  override ensureBucket(bucket: string): Promise<void> {
    return this.whenThere(() => {
      checkBucket(bucket);
      if (!this.buckets.has(bucket)) this.buckets.set(bucket, new Map());
    });
  }

  override async put(
    bucket: string,
    key: string,
    body: Buffer | AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<{ etag: string; size: number }> {
    checkKey(bucket, key);
    checkAttributes(options);
    await this.whenThere(() => this.bucket(bucket));
    const chunks: Uint8Array[] = [];
    let seen = 0;
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      seen += chunk.length;
      if (seen > options.size) throw sizeMismatch(key, options.size, seen);
      chunks.push(Buffer.from(chunk));
    }
    if (seen !== options.size) throw sizeMismatch(key, options.size, seen);
    return this.whenThere(() => {
      if (options.onlyIfAbsent === true && this.bucket(bucket).has(key)) throw alreadyExists(bucket, key);
      return this.store(bucket, key, Buffer.concat(chunks), options);
    });
  }

  override open(bucket: string, key: string, range: ObjectRange = {}): Promise<OpenObject> {
    return this.whenThere(() => {
      checkKey(bucket, key);
      checkRange(range);
      const { content, etag, storageClass = '', restoration } = this.found(bucket, key);
      if (this.coldClasses.includes(storageClass) && restoration?.isUnderWay !== false)
        throw new TransientError('storage.cold', `Expected "${key}" to be readable, found it cold.`);
      const { offset = 0, length = content.length } = range;
      if (offset > 0 && offset >= content.length) throw rangeInvalid(`"${key}"`, offset);
      const pieces = this.pieces(content.subarray(offset, offset + length));
      return { body: Readable.from(pieces, { objectMode: false }), etag };
    });
  }

  override head(bucket: string, key: string): Promise<ObjectHead | undefined> {
    return this.whenThere(() => {
      checkKey(bucket, key);
      const found = this.buckets.get(bucket)?.get(key);
      if (found === undefined) return undefined;
      const { content: _, ...head } = found;
      return head;
    });
  }

  override restore(bucket: string, key: string, _options: RestoreOptions): Promise<void> {
    return this.whenThere(() => {
      const found = this.found(bucket, key);
      if (found.restoration?.isUnderWay === true) return;
      this.restorations.push(key);
      this.bucket(bucket).set(key, { ...found, restoration: { isUnderWay: true } });
    });
  }

  override async *list(bucket: string, prefix: string): AsyncGenerator<ListedObject, void, undefined> {
    checkBucket(bucket);
    const objects = await this.whenThere(() => [...this.bucket(bucket)]);
    objects.sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    for (const [key, { size, etag, modifiedAt }] of objects) {
      if (key.startsWith(prefix)) yield { key, size, etag, modifiedAt };
    }
  }

  override remove(bucket: string, keys: Iterable<string>): Promise<void> {
    return this.whenThere(() => {
      for (const key of keys) {
        checkKey(bucket, key);
        this.bucket(bucket).delete(key);
      }
    });
  }

  override removeUnchanged(bucket: string, versions: Iterable<ObjectVersion>): Promise<string[]> {
    return this.whenThere(() => {
      const kept: string[] = [];
      for (const { key, etag } of versions) {
        checkKey(bucket, key);
        const found = this.bucket(bucket).get(key);
        if (found !== undefined && found.etag !== etag) kept.push(key);
        else this.bucket(bucket).delete(key);
      }
      return kept.sort();
    });
  }

  override presignedGet(
    bucket: string,
    key: string,
    expirySeconds: number,
    options: { fileName?: string } = {},
  ): Promise<string> {
    return this.presigned('GET', bucket, key, expirySeconds, options.fileName ?? '');
  }

  override async presignedPut(
    bucket: string,
    key: string,
    size: number,
    expirySeconds: number,
  ): Promise<string> {
    checkSize(size);
    return this.presigned('PUT', bucket, key, expirySeconds, `${size}`);
  }

  override beginUpload(bucket: string, key: string, attributes: ObjectAttributes = {}): Promise<string> {
    return this.whenThere(() => {
      checkKey(bucket, key);
      checkAttributes(attributes);
      this.bucket(bucket);
      const uploadId = randomUUID();
      this.uploads.set(uploadId, {
        bucket,
        key,
        uploadId,
        begunAt: new Date(),
        attributes,
        parts: new Map(),
      });
      return uploadId;
    });
  }

  override async presignedPart(
    bucket: string,
    key: string,
    { uploadId, partNumber, size }: { uploadId: string; partNumber: number; size: number },
    expirySeconds: number,
  ): Promise<string> {
    checkPartNumber(partNumber);
    checkSize(size);
    return this.presigned('PUT', bucket, key, expirySeconds, `${uploadId}/${partNumber}/${size}`);
  }

  override async relay(
    bucket: string,
    key: string,
    body: AsyncIterable<Uint8Array>,
    { size, sha256, part, beforeEnd }: RelayOptions,
  ): Promise<{ etag: string }> {
    if (part === undefined)
      return this.put(bucket, key, proven(key, body, size, sha256, beforeEnd), { size });
    await this.whenThere(() => this.upload(bucket, key, part.uploadId));
    const pieces: Uint8Array[] = [];
    for await (const piece of proven(key, body, size, sha256, beforeEnd)) pieces.push(piece);
    return this.whenThere(() =>
      this.putPart(bucket, key, part.uploadId, part.partNumber, Buffer.concat(pieces)),
    );
  }

  override async sendPart(
    bucket: string,
    key: string,
    { uploadId, partNumber }: { uploadId: string; partNumber: number },
    given: Buffer | PartBuffer,
  ): Promise<UploadPart> {
    const pieces: Buffer[] = [];
    if (Buffer.isBuffer(given)) pieces.push(given);
    else for await (const piece of given.pieces()) pieces.push(piece);
    const content = Buffer.concat(pieces);
    return this.whenThere(() => this.putPart(bucket, key, uploadId, partNumber, content));
  }

  override uploadedParts(bucket: string, key: string, uploadId: string): Promise<readonly UploadedPart[]> {
    return this.whenThere(() =>
      [...this.upload(bucket, key, uploadId).parts]
        .map(([partNumber, content]) => ({ partNumber, etag: etagOf(content), size: content.length }))
        .sort((left, right) => left.partNumber - right.partNumber),
    );
  }

  override completeUpload(
    bucket: string,
    key: string,
    uploadId: string,
    parts: readonly UploadPart[],
  ): Promise<{ etag: string }> {
    return this.whenThere(() => {
      const ordered = orderedParts(parts);
      const upload = this.upload(bucket, key, uploadId);
      const contents = ordered.map(({ partNumber, etag }) => {
        const content = upload.parts.get(partNumber);
        if (content !== undefined && etagOf(content) === etag) return content;
        throw new PermanentError(
          'storage.upload-invalid',
          `Expected part ${partNumber} as listed, found another or none.`,
        );
      });
      this.uploads.delete(uploadId);
      return this.store(bucket, key, Buffer.concat(contents), upload.attributes);
    });
  }

  override abortUpload(_bucket: string, _key: string, uploadId: string): Promise<void> {
    return this.whenThere(() => void this.uploads.delete(uploadId));
  }

  override async *pendingUploads(
    bucket: string,
    prefix: string,
  ): AsyncGenerator<PendingUpload, void, undefined> {
    const uploads = await this.whenThere(() => [...this.uploads.values()]);
    for (const { bucket: its, key, uploadId, begunAt } of uploads) {
      if (its === bucket && key.startsWith(prefix)) yield { key, uploadId, begunAt };
    }
  }

  private bucket(name: string): Map<string, StoredObject> {
    const found = this.buckets.get(name);
    if (found !== undefined) return found;
    throw new TransientError('storage.bucket-not-found', `Expected the bucket "${name}", found none.`);
  }

  private found(bucket: string, key: string): StoredObject {
    const found = this.bucket(bucket).get(key);
    if (found !== undefined) return found;
    throw new PermanentError('storage.not-found', `Expected "${key}" in "${bucket}", found no such object.`);
  }

  private upload(bucket: string, key: string, uploadId: string): OpenUpload {
    const found = this.uploads.get(uploadId);
    if (found !== undefined && found.bucket === bucket && found.key === key) return found;
    throw new PermanentError(
      'storage.upload-not-found',
      `Expected the upload ${uploadId} of "${key}", found none.`,
    );
  }

  private store(
    bucket: string,
    key: string,
    content: Buffer,
    { metadata = {}, storageClass }: ObjectAttributes,
  ): { etag: string; size: number } {
    const etag = etagOf(content);
    const object = {
      ...{ content, size: content.length, etag, modifiedAt: new Date(), metadata: { ...metadata } },
      ...(storageClass === undefined ? {} : { storageClass }),
    };
    this.bucket(bucket).set(key, object);
    return { etag, size: content.length };
  }

  private presigned(
    method: string,
    bucket: string,
    key: string,
    seconds: number,
    rest: string,
  ): Promise<string> {
    return this.whenThere(() => {
      checkKey(bucket, key);
      checkExpiry(seconds);
      const query = new URLSearchParams({ method, expires: String(seconds), rest });
      return `memory://${bucket}/${encodeURIComponent(key)}?${query.toString()}`;
    });
  }

  private *pieces(content: Buffer): Generator<Buffer, void, undefined> {
    for (let at = 0; at < content.length; at += 65_536) {
      if (at + 65_536 > this.breakReadsAfter) {
        yield content.subarray(at, this.breakReadsAfter);
        throw new TransientError('storage.unavailable', 'Expected more bytes, found the connection broken.');
      }
      yield content.subarray(at, at + 65_536);
    }
  }

  private async whenThere<T>(action: () => T): Promise<T> {
    await Promise.resolve();
    if (this.unavailable) {
      throw new TransientError('storage.unavailable', 'Expected the object store, found no answer.', {
        away: true,
      });
    }
    return action();
  }
}

function etagOf(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
