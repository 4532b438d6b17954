import { PermanentError } from '#kernel';
import type { ObjectAttributes, ObjectRange, UploadPart } from './object-store.js';

const longestExpiry = 7 * 24 * 3600;
const maxParts = 10_000;

/** What a refused value was. */
export function invalid(expected: string, found: unknown): PermanentError {
  return new PermanentError(
    'storage.request-invalid',
    `Expected ${expected}, found ${String(JSON.stringify(found)).slice(0, 300)}.`,
  );
}

/** @throws PermanentError `storage.request-invalid` */
export function checkBucket(bucket: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..')) {
    throw invalid('a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens', bucket);
  }
}

/** @throws PermanentError `storage.request-invalid` */
export function checkKey(bucket: string, key: string): void {
  checkBucket(bucket);
  if (key === '' || Buffer.byteLength(key) > 1024 || /\p{Cs}|\0/u.test(key)) {
    throw invalid('an object key of 1 to 1024 bytes of well-formed Unicode', key);
  }
}

/** @throws PermanentError `storage.request-invalid` */
export function checkExpiry(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestExpiry) {
    throw invalid(`an expiry of 1 to ${longestExpiry} whole seconds`, seconds);
  }
}

/** @throws PermanentError `storage.request-invalid` */
export function checkPartNumber(partNumber: number): void {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > maxParts) {
    throw invalid(`a part number of 1 to ${maxParts}`, partNumber);
  }
}

/** @throws PermanentError `storage.request-invalid` */
export function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw invalid('a size of whole bytes', size);
}

/** The parts by number, etags without quotes. @throws PermanentError `storage.request-invalid` */
export function orderedParts(parts: readonly UploadPart[]): UploadPart[] {
  if (parts.length === 0) throw invalid('at least one part', parts.length);
  const sorted = [...parts].sort((left, right) => left.partNumber - right.partNumber);
  for (const [index, { partNumber }] of sorted.entries()) {
    checkPartNumber(partNumber);
    if (sorted[index - 1]?.partNumber === partNumber) throw invalid('each part once', partNumber);
  }
  return sorted.map(({ partNumber, etag }) => ({ partNumber, etag: etag.replace(/^"|"$/g, '') }));
}

/** @throws PermanentError `storage.request-invalid` */
export function checkAttributes({ metadata, contentType, storageClass }: ObjectAttributes): void {
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (!/^[a-z0-9-]+$/.test(key)) throw invalid('a metadata key of lower-case letters, digits and "-"', key);
    if (!/^[\x20-\x7e]*$/.test(value)) throw invalid(`printable ASCII as metadata "${key}"`, value);
  }
  if (contentType !== undefined && !/^[\x20-\x7e]+$/.test(contentType)) {
    throw invalid('a content type', contentType);
  }
  if (storageClass !== undefined && !/^[A-Z][A-Z0-9_]*$/.test(storageClass))
    throw invalid('a storage class of capital letters', storageClass);
}

/** @throws PermanentError `storage.range-invalid` */
export function checkRange({ offset = 0, length = 0 }: ObjectRange): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw rangeInvalid('the object', offset);
  }
}

export function rangeInvalid(key: string, offset: number, cause?: unknown): PermanentError {
  return new PermanentError(
    'storage.range-invalid',
    `Expected a range within ${key}, found one that starts at ${offset}.`,
    { details: { key, offset }, cause },
  );
}

/** The key is taken. */
export function alreadyExists(bucket: string, key: string, cause?: unknown): PermanentError {
  return new PermanentError(
    'storage.already-exists',
    `Expected "${key}" in the bucket "${bucket}" to be free, found an object there; it was left as it is.`,
    { details: { bucket, key }, cause },
  );
}

/** The body had another length than announced. */
export function sizeMismatch(key: string, expected: number, found: number): PermanentError {
  const more = found > expected;
  return new PermanentError(
    'storage.size-mismatch',
    `Expected ${expected} bytes for "${key}", found ${more ? 'at least ' : ''}${found}. Nothing was stored.`,
    { details: { key, expected, found } },
  );
}

/** As web servers name a download: plain for old clients, percent-encoded UTF-8 for all others. */
export function contentDisposition(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
