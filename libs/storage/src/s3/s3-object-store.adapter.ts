import { Readable } from 'node:stream';
import {
  checkAttributes,
  checkBucket,
  checkExpiry,
  checkKey,
  checkPartNumber,
  checkSize,
  contentDisposition,
  invalid,
  orderedParts,
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
import type { PartBuffer } from '../part-buffer.js';
import { Download } from './download.js';
import { listObjects, listUploads } from './listings.js';
import { presigned } from './presign.js';
import { relay } from './relay.js';
import { S3Client, type S3ObjectStoreOptions } from './s3-client.js';
import { codeOf } from './s3-errors.js';
import { askToRestore, headFrom } from './cold.js';
import { abort, begin, complete, send, upload } from './upload.js';

/** Any S3 store (MinIO, Ceph, Swift, AWS) by way of the `minio` client. Needs no rights beyond its buckets. */
export class S3ObjectStore extends ObjectStore {
  private readonly client: S3Client;
  /** Presigning asks nobody, so it can be done for an address this process could not even reach. */
  private readonly presigner: S3Client;

  constructor(private readonly options: S3ObjectStoreOptions) {
    super();
    this.client = new S3Client(options);
    this.presigner =
      options.publicEndpoint === undefined ? this.client : new S3Client(options, options.publicEndpoint);
  }

  override async ensureBucket(bucket: string): Promise<void> {
    checkBucket(bucket);
    await this.client.call({ action: 'make', bucket }, async () => {
      if (await this.client.bucketExists(bucket)) return;
      try {
        await this.client.makeBucket(bucket, this.options.region);
      } catch (error) {
        // Another process was faster; the first real call shows whether the bucket is ours to use.
        if (codeOf(error) !== 'BucketAlreadyOwnedByYou') throw error;
      }
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
    if (!Number.isSafeInteger(options.size) || options.size < 0) {
      throw invalid('a size in whole bytes', options.size);
    }
    try {
      const { etag } = await upload(this.client, bucket, key, asStream(body), options);
      return { etag, size: options.size };
    } finally {
      // A body that was not read to its end, or not even begun, must not keep its file or connection open.
      if (body instanceof Readable) body.destroy();
    }
  }

  override async open(bucket: string, key: string, range: ObjectRange = {}): Promise<OpenObject> {
    checkKey(bucket, key);
    return new Download(this.client, bucket, key, range).start();
  }

  override async relay(
    bucket: string,
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: RelayOptions,
  ): Promise<{ etag: string }> {
    checkKey(bucket, key);
    checkSize(options.size);
    if (options.part !== undefined) checkPartNumber(options.part.partNumber);
    return { etag: await relay(this.client, { action: 'store', bucket, key }, body, options) };
  }

  override async head(bucket: string, key: string): Promise<ObjectHead | undefined> {
    checkKey(bucket, key);
    return this.client.call({ action: 'look up', bucket, key }, async () => {
      try {
        const response = await this.client.makeRequestAsyncOmit({
          method: 'HEAD',
          bucketName: bucket,
          objectName: key,
        });
        return headFrom(response.headers);
      } catch (error) {
        if (['NotFound', 'NoSuchKey', 'NoSuchBucket'].includes(codeOf(error))) return undefined;
        throw error;
      }
    });
  }

  override async restore(bucket: string, key: string, options: RestoreOptions): Promise<void> {
    checkKey(bucket, key);
    await askToRestore(this.client, bucket, key, options);
  }

  override async *list(bucket: string, prefix: string): AsyncGenerator<ListedObject, void, undefined> {
    checkBucket(bucket);
    yield* listObjects(this.client, bucket, prefix);
  }

  override async remove(bucket: string, keys: Iterable<string>): Promise<void> {
    let batch: string[] = [];
    for (const key of keys) {
      checkKey(bucket, key);
      batch.push(key);
      if (batch.length === this.client.pageSize) {
        await this.removeBatch(bucket, batch);
        batch = [];
      }
    }
    if (batch.length > 0) await this.removeBatch(bucket, batch);
  }

  override async removeUnchanged(bucket: string, versions: Iterable<ObjectVersion>): Promise<string[]> {
    const kept: string[] = [];
    const source = versions[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (let next = source.next(); next.done !== true; next = source.next())
        if (!(await this.removeVersion(bucket, next.value))) kept.push(next.value.key);
    };
    await Promise.all(Array.from({ length: removalsAtOnce }, lane));
    return kept.sort();
  }

  override async presignedGet(
    bucket: string,
    key: string,
    expirySeconds: number,
    { fileName }: { fileName?: string } = {},
  ): Promise<string> {
    const query: Record<string, string> = {};
    if (fileName !== undefined) query['response-content-disposition'] = contentDisposition(fileName);
    checkKey(bucket, key);
    checkExpiry(expirySeconds);
    return this.presigner.presignedUrl('GET', bucket, key, expirySeconds, query);
  }

  override async presignedPut(
    bucket: string,
    key: string,
    size: number,
    expirySeconds: number,
  ): Promise<string> {
    return this.presignedUpload(bucket, key, { size, query: {} }, expirySeconds);
  }

  override async beginUpload(
    bucket: string,
    key: string,
    attributes: ObjectAttributes = {},
  ): Promise<string> {
    checkKey(bucket, key);
    checkAttributes(attributes);
    return begin(this.client, bucket, key, attributes);
  }

  override async presignedPart(
    bucket: string,
    key: string,
    { uploadId, partNumber, size }: { uploadId: string; partNumber: number; size: number },
    expirySeconds: number,
  ): Promise<string> {
    checkPartNumber(partNumber);
    const query = { partNumber: String(partNumber), uploadId };
    return this.presignedUpload(bucket, key, { size, query }, expirySeconds);
  }

  override async sendPart(
    bucket: string,
    key: string,
    { uploadId, partNumber }: { uploadId: string; partNumber: number },
    content: Buffer | PartBuffer,
  ): Promise<UploadPart> {
    checkKey(bucket, key);
    checkPartNumber(partNumber);
    const query = `uploadId=${encodeURIComponent(uploadId)}&partNumber=${partNumber}`;
    const subject = { action: 'send a part of', bucket, key };
    return { partNumber, etag: await send(this.client, subject, content, query, {}) };
  }

  override async uploadedParts(
    bucket: string,
    key: string,
    uploadId: string,
  ): Promise<readonly UploadedPart[]> {
    checkKey(bucket, key);
    const parts = await this.client.call({ action: 'list the parts of', bucket, key }, () =>
      this.client.partsOf(bucket, key, uploadId),
    );
    return parts
      .map(({ part, etag, size }) => ({ partNumber: part, etag, size }))
      .sort((left, right) => left.partNumber - right.partNumber);
  }

  override async completeUpload(
    bucket: string,
    key: string,
    uploadId: string,
    parts: readonly UploadPart[],
  ): Promise<{ etag: string }> {
    checkKey(bucket, key);
    return complete(this.client, bucket, key, uploadId, orderedParts(parts));
  }

  override async abortUpload(bucket: string, key: string, uploadId: string): Promise<void> {
    checkKey(bucket, key);
    await abort(this.client, bucket, key, uploadId);
  }

  override async *pendingUploads(
    bucket: string,
    prefix: string,
  ): AsyncGenerator<PendingUpload, void, undefined> {
    checkBucket(bucket);
    yield* listUploads(this.client, bucket, prefix);
  }

  /** Closes idle connections, so that a process can end. */
  close(): void {
    this.client.close();
    this.presigner.close();
  }

  private presignedUpload(
    bucket: string,
    key: string,
    { size, query }: { size: number; query: Record<string, string> },
    expirySeconds: number,
  ): string {
    checkKey(bucket, key);
    checkExpiry(expirySeconds);
    checkSize(size);
    const { accessKey, secretKey, region, endpoint, publicEndpoint = endpoint } = this.options;
    return presigned({
      ...{ method: 'PUT', endpoint: publicEndpoint, region, accessKey, secretKey },
      ...{ bucket, key, query, size, expirySeconds, now: new Date() },
    });
  }

  /** @returns whether the version is gone */
  private async removeVersion(bucket: string, { key, etag }: ObjectVersion): Promise<boolean> {
    // For stores that take no notice of If-Match.
    const found = await this.head(bucket, key);
    if (found === undefined) return true;
    if (found.etag !== etag) return false;
    return this.client.call({ action: 'remove', bucket, key }, async () => {
      try {
        await this.client.makeRequestAsyncOmit(
          { method: 'DELETE', bucketName: bucket, objectName: key, headers: { 'if-match': `"${etag}"` } },
          '',
          [200, 204],
        );
      } catch (error) {
        const code = codeOf(error);
        if (code === 'NoSuchKey' || code === 'NotFound') return true;
        if (code !== 'PreconditionFailed' && code !== 'ConditionalRequestConflict') throw error;
        // Swift compares the entity tag of an upload in parts with another one than it tells.
        if ((await this.head(bucket, key))?.etag !== etag) return false;
        await this.client.removeObject(bucket, key);
      }
      return true;
    });
  }

  private async removeBatch(bucket: string, keys: string[]): Promise<void> {
    const inXml = keys.filter((key) => !unspeakableInXml.test(key));
    const alone = keys.filter((key) => unspeakableInXml.test(key));
    if (inXml.length > 0) {
      await this.client.call({ action: 'remove objects from', bucket }, async () => {
        const results = await this.client.removeObjects(bucket, inXml);
        const failed = results.find((result) => result?.Error !== undefined)?.Error;
        if (failed !== undefined) throw Object.assign(new Error(failed.Message), { code: failed.Code });
      });
    }
    for (const key of alone) {
      await this.client.call({ action: 'remove', bucket, key }, () => this.client.removeObject(bucket, key));
    }
  }
}

const removalsAtOnce = 8;

/** Keys with control characters cannot be named in a bulk request. */
const unspeakableInXml = /[\u0000-\u001f\ufffe\uffff]/;

async function* asStream(
  body: Buffer | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (Buffer.isBuffer(body)) yield body;
  else yield* body;
}
