import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CatenaError, PermanentError, TransientError } from '#kernel';
import { alreadyExists, invalid, sizeMismatch } from '../checks.js';
import type { ObjectAttributes, PutOptions, UploadPart } from '../object-store.js';
import { PartPool, type PartBuffer } from '../part-buffer.js';
import type { S3Client } from './s3-client.js';
import { codeOf, type CallSubject } from './s3-errors.js';
import { escaped, textOf } from './s3-xml.js';

const smallestPart = 16 * 1024 * 1024;
/** What S3 takes as one object. */
const maxObject = 5 * 2 ** 40;
/** With the one being filled, three parts are there at once. */
const partsUnderWay = 2;

/**
 * Stores one object. Done by hand and not by the client's `putObject`, which joins an unfinished upload of the same key,
 * sends parts one after the other, and leaves them behind when the source fails.
 */
export async function upload(
  client: S3Client,
  bucket: string,
  key: string,
  body: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<{ etag: string }> {
  if (options.size > maxObject) throw tooLarge(key, options.size);
  const subject = { action: 'store', bucket, key };
  const partSize = Math.max(smallestPart, Math.ceil(options.size / client.maxParts));
  const pool = new PartPool(Math.min(partSize, options.size));
  const parts = inParts(key, body, options.size, pool);
  try {
    if (options.size <= partSize) return await sendWhole(client, subject, await onlyPart(parts), options);
    if (options.onlyIfAbsent === true)
      throw invalid('one part of a body that must replace nothing', options.size);
    return await sendInParts(client, subject, parts, pool, options);
  } finally {
    await pool.close();
  }
}

async function sendWhole(
  client: S3Client,
  subject: Required<CallSubject>,
  content: PartBuffer,
  options: PutOptions,
): Promise<{ etag: string }> {
  const condition: Record<string, string> = options.onlyIfAbsent === true ? { 'if-none-match': '*' } : {};
  const headers = { ...attributeHeaders(options), ...condition };
  try {
    return { etag: await send(client, subject, content, '', headers) };
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw alreadyExists(subject.bucket, subject.key, error);
  } finally {
    await content.close();
  }
}

async function sendInParts(
  client: S3Client,
  subject: Required<CallSubject>,
  parts: AsyncIterable<PartBuffer>,
  pool: PartPool,
  options: PutOptions,
): Promise<{ etag: string }> {
  const { bucket, key } = subject;
  const uploadId = await begin(client, bucket, key, options);
  try {
    const sent = await sendParts(client, subject, uploadId, parts, pool);
    return await complete(client, bucket, key, uploadId, sent, options.size);
  } catch (error) {
    // The reason counts; an upload that cannot be aborted now is found by `pendingUploads` later.
    await abort(client, bucket, key, uploadId).catch(() => undefined);
    throw error;
  }
}

export function begin(
  client: S3Client,
  bucket: string,
  key: string,
  attributes: ObjectAttributes,
): Promise<string> {
  return client.call({ action: 'begin an upload of', bucket, key }, () =>
    client.initiateNewMultipartUpload(bucket, key, attributeHeaders(attributes)),
  );
}

export function abort(client: S3Client, bucket: string, key: string, uploadId: string): Promise<void> {
  return client.call({ action: 'abort an upload of', bucket, key }, async () => {
    try {
      await client.abortMultipartUpload(bucket, key, uploadId);
    } catch (error) {
      if (!['NoSuchUpload', 'NotFound', 'NoSuchKey'].includes(codeOf(error))) throw error;
    }
  });
}

/**
 * Makes the object of its parts. Repeated when the answer gets lost, and then the store may say that there is no such
 * upload, because there is the object already.
 *
 * @param size of the whole, if known: what a repeated call needs to recognise its own success
 */
export async function complete(
  client: S3Client,
  bucket: string,
  key: string,
  uploadId: string,
  parts: readonly UploadPart[],
  size?: number,
): Promise<{ etag: string }> {
  let repeated = false;
  return client.call({ action: 'complete the upload of', bucket, key }, async () => {
    try {
      return await completeOnce(client, bucket, key, uploadId, parts);
    } catch (error) {
      const missing = codeOf(error) === 'NoSuchUpload';
      if (missing && repeated && size !== undefined) {
        const found = await client.statObject(bucket, key);
        if (found.size === size) return { etag: found.etag };
      }
      repeated = true;
      throw error;
    }
  });
}

async function completeOnce(
  client: S3Client,
  bucketName: string,
  objectName: string,
  uploadId: string,
  parts: readonly UploadPart[],
): Promise<{ etag: string }> {
  const list = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${escaped(etag)}"</ETag></Part>`,
  );
  const response = await client.makeRequestAsync(
    { method: 'POST', bucketName, objectName, query: `uploadId=${encodeURIComponent(uploadId)}` },
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`,
  );
  let answer = '';
  for await (const chunk of response.setEncoding('utf8')) answer += String(chunk);
  // A store that takes long begins with "200" and may still end with an error.
  const code = textOf(answer, 'Code');
  if (code !== undefined) throw Object.assign(new Error(textOf(answer, 'Message') ?? ''), { code });
  return { etag: (textOf(answer, 'ETag') ?? '').replaceAll('"', '') };
}

async function sendParts(
  client: S3Client,
  subject: Required<CallSubject>,
  uploadId: string,
  parts: AsyncIterable<PartBuffer>,
  pool: PartPool,
): Promise<UploadPart[]> {
  const sent: UploadPart[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  let partNumber = 0;
  try {
    for await (const part of parts) {
      partNumber += 1;
      const query = `uploadId=${encodeURIComponent(uploadId)}&partNumber=${partNumber}`;
      const number = partNumber;
      const sending = send(client, subject, part, query, {})
        .then((etag) => void sent.push({ partNumber: number, etag }))
        .catch((error: unknown) => void (failure ??= error))
        .finally(() => pool.giveBack(part))
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= partsUnderWay) await Promise.race(underWay);
      if (failure !== undefined) break;
    }
  } finally {
    // Nothing may still be on its way when the upload is completed or aborted.
    await Promise.all(underWay);
  }
  if (failure instanceof Error) throw failure;
  return sent.sort((left, right) => left.partNumber - right.partNumber);
}

export function send(
  client: S3Client,
  subject: Required<CallSubject>,
  part: Buffer | PartBuffer,
  query: string,
  headers: Record<string, string>,
): Promise<string> {
  const request = { method: 'PUT', bucketName: subject.bucket, objectName: subject.key, query } as const;
  return client.call(subject, async () => {
    const response = await sendOnce(client, request, part, headers);
    const etag = response.headers.etag?.replace(/^"|"$/g, '');
    if (etag !== undefined) return etag;
    throw new TransientError('storage.unavailable', `Expected an ETag for "${subject.key}", found none.`);
  });
}

type PutRequest = Readonly<Record<'method' | 'bucketName' | 'objectName' | 'query', string>>;

/** With its MD5 the store itself refuses what was damaged on the way. */
async function sendOnce(
  client: S3Client,
  request: PutRequest,
  part: Buffer | PartBuffer,
  given: Record<string, string>,
): Promise<Pick<IncomingMessage, 'headers'>> {
  const content = Buffer.isBuffer(part) ? part : part.content();
  if (Buffer.isBuffer(content)) {
    const headers = { ...given, 'content-md5': createHash('md5').update(content).digest('base64') };
    return client.makeRequestAsyncOmit({ ...request, headers }, content);
  }
  const { md5, sha256 } = await (part as PartBuffer).digests();
  const headers = { ...given, 'content-md5': md5, 'content-length': String(part.length) };
  return client.putStream({ ...request, headers }, content, sha256);
}

/** Cuts the body into parts, and sees to it that the last one is given out only after the good end of the body. */
async function* inParts(
  key: string,
  body: AsyncIterable<Uint8Array>,
  size: number,
  pool: PartPool,
): AsyncGenerator<PartBuffer, void, undefined> {
  let part: PartBuffer | undefined = await pool.take();
  let seen = 0;
  try {
    for await (let chunk of body) {
      seen += chunk.length;
      if (seen > size) throw sizeMismatch(key, size, seen);
      while (chunk.length > 0) {
        if (part.isFull) {
          const full = part;
          part = undefined;
          yield full;
          part = await pool.take();
        }
        const fitting: Uint8Array = chunk.subarray(0, part.capacity - part.length);
        await part.write(fitting);
        chunk = chunk.subarray(fitting.length);
      }
    }
    if (seen !== size) throw sizeMismatch(key, size, seen);
    const last = part;
    part = undefined;
    yield last;
  } finally {
    if (part !== undefined) pool.giveBack(part);
  }
}

function tooLarge(key: string, size: number): PermanentError {
  return new PermanentError(
    'storage.too-large',
    `Expected at most ${maxObject} bytes (5 TiB, what S3 takes as one object) for "${key}", found ${size}. Nothing was stored.`,
    { details: { key, size } },
  );
}

function isTaken(error: unknown): boolean {
  return error instanceof CatenaError && error.details['found'] === 'PreconditionFailed';
}

async function onlyPart(parts: AsyncIterable<PartBuffer>): Promise<PartBuffer> {
  for await (const part of parts) return part;
  throw new PermanentError('storage.size-mismatch', 'Expected a body, found none.');
}

function attributeHeaders({
  contentType,
  metadata = {},
  storageClass,
}: ObjectAttributes): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': contentType ?? 'application/octet-stream' };
  for (const [key, value] of Object.entries(metadata)) headers[`x-amz-meta-${key}`] = value;
  if (storageClass !== undefined) headers['x-amz-storage-class'] = storageClass;
  return headers;
}
