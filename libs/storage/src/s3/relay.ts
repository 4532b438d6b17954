import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { PermanentError, TransientError } from '#kernel';
import { sizeMismatch } from '../checks.js';
import type { RelayOptions } from '../object-store.js';
import type { S3Client } from './s3-client.js';
import { storageError, type CallSubject } from './s3-errors.js';

/** Sends bytes on as they come, once: what was sent is not there any more. */
export async function relay(
  client: S3Client,
  subject: Required<CallSubject>,
  body: AsyncIterable<Uint8Array>,
  { size, sha256, part, beforeEnd }: RelayOptions,
): Promise<string> {
  const query =
    part === undefined ? '' : `uploadId=${encodeURIComponent(part.uploadId)}&partNumber=${part.partNumber}`;
  const request = { method: 'PUT', bucketName: subject.bucket, objectName: subject.key, query } as const;
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  let fault: unknown;
  const noted = noting(proven(subject.key, body, size, sha256, beforeEnd), (error) => (fault = error));
  const checked = Readable.from(noted, { objectMode: false });
  try {
    const response = await client.putStream({ ...request, headers }, checked, sha256);
    const etag = response.headers.etag?.replace(/^"|"$/g, '');
    if (etag !== undefined) return etag;
    throw new TransientError('storage.unavailable', `Expected an ETag for "${subject.key}", found none.`);
  } catch (error) {
    // What the body threw is no fault of the store.
    if (fault instanceof Error) throw fault;
    throw storageError(subject, error);
  } finally {
    checked.destroy();
  }
}

async function* noting(
  bytes: AsyncIterable<Uint8Array>,
  note: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes;
  } catch (error) {
    note(error);
    throw error;
  }
}

/** The bytes of a body; the last ones only if all of them are what was announced: a store makes nothing of a body that is too short. */
export async function* proven(
  key: string,
  body: AsyncIterable<Uint8Array>,
  size: number,
  sha256: string,
  beforeEnd?: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let seen = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of body) {
    seen += chunk.length;
    if (seen > size) throw sizeMismatch(key, size, seen);
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (seen !== size) throw sizeMismatch(key, size, seen);
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new PermanentError(
      'storage.checksum-mismatch',
      `Expected bytes with the SHA-256 ${sha256} for "${key}", found ${found}: they were changed on the way, or another file was sent. Nothing was stored; send it again.`,
      { details: { key } },
    );
  await beforeEnd?.();
  if (held !== undefined) yield held;
}
