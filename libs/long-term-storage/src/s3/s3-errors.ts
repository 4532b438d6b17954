import { CatenaError, PermanentError, TransientError } from '#kernel';

/** What stores answer when a quota or their disks are full. */
const full = new Set(['QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', '507']);
const away = new Set(['storage.unavailable', 'storage.bucket-not-found', 'storage.access-denied']);

/** What an error of the object store means for a file on this storage. */
export function storageFault(storage: string, name: string, error: unknown): unknown {
  if (!(error instanceof CatenaError) || !error.code.startsWith('storage.')) return error;
  const options = { details: { storage, name }, cause: error };
  if (full.has(String(error.details['found'])))
    return new TransientError(
      'long-term-storage.full',
      `Expected room for "${name}" on ${storage}, found none: ${error.message} Make room; the job goes on by itself.`,
      options,
    );
  if (away.has(error.code))
    return new TransientError(
      'long-term-storage.unavailable',
      `Expected to reach "${name}" on ${storage}: ${error.message} The job goes on by itself when it is mended.`,
      { ...options, away: true },
    );
  if (error.code === 'storage.not-found') return notFound(storage, name, error);
  return error;
}

export function notFound(storage: string, name: string, cause?: unknown): PermanentError {
  return new PermanentError(
    'long-term-storage.not-found',
    `Expected "${name}" on ${storage}, found no such file.`,
    { details: { storage, name }, cause },
  );
}

export function alreadyExists(storage: string, name: string, cause?: unknown): PermanentError {
  return new PermanentError(
    'long-term-storage.already-exists',
    `Expected "${name}" on ${storage} to be free, found a file there; it was left as it is. Compare it with what should be there, or remove it.`,
    { details: { storage, name }, cause },
  );
}

export function writerReplaced(storage: string, name: string, cause?: unknown): TransientError {
  return new TransientError(
    'long-term-storage.writer-replaced',
    `Expected what this writer sent of "${name}" to ${storage}, found it removed or replaced. It is written again, unless another archiver does.`,
    { details: { storage, name }, cause },
  );
}

/** Something that nobody of Catena wrote where a pointer should be. */
export function pointerInvalid(storage: string, key: string, found: string): PermanentError {
  return new PermanentError(
    'long-term-storage.pointer-invalid',
    `Expected in "${key}" on ${storage} a few bytes of JSON with the key and the size of data, found ${found}. Find out who wrote it, and take it away.`,
    { details: { storage, key } },
  );
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof CatenaError && error.code === code;
}
