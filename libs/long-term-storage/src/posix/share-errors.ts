import { CatenaError, PermanentError, TransientError, messageOf } from '#kernel';

const full = new Set(['ENOSPC', 'EDQUOT']);
const denied = new Set(['EACCES', 'EPERM']);
const linked = new Set(['ELOOP', 'ENOTDIR', 'EISDIR']);

/**
 * What an error of the file system means for a file on the share. Unknown ones count as "away": shares fail in many
 * words (ESTALE, EIO, ENOTCONN, EHOSTDOWN …), and a bounded number of retries does no harm.
 */
export function shareError(share: string, name: string, error: unknown): CatenaError {
  if (error instanceof CatenaError) return error;
  const code = errnoOf(error) ?? '';
  const options = { details: { storage: share, name, errno: code }, cause: error };
  const found = `found ${messageOf(error)}`;
  if (full.has(code)) {
    return new TransientError(
      'long-term-storage.full',
      `Expected room for "${name}" on ${share}, ${found}. Make room; the job goes on by itself.`,
      options,
    );
  }
  if (code === 'ENOENT') {
    return new PermanentError(
      'long-term-storage.not-found',
      `Expected "${name}" on ${share}, found no such file.`,
      options,
    );
  }
  if (denied.has(code)) {
    return new PermanentError(
      'long-term-storage.access-denied',
      `Expected access to "${name}" on ${share}, ${found}. Give the account of the archiver access to the share.`,
      options,
    );
  }
  if (code === 'EROFS') return readOnly(share, found, options);
  if (linked.has(code)) return unsafeLink(share, name, options);
  return unavailable(share, `Expected to reach "${name}" on ${share}, ${found}.`, options);
}

/** Where a plain file or folder must be, something else is: a link could lead anywhere. */
export function unsafeLink(
  share: string,
  name: string,
  options: { details?: Record<string, unknown>; cause?: unknown } = { details: { storage: share, name } },
): PermanentError {
  return new PermanentError(
    'long-term-storage.unsafe-link',
    `Expected plain folders and a plain file at "${name}" on ${share}, found a link or something else in the way. Remove it.`,
    options,
  );
}

/** Reading goes on; what is to be written waits. */
export function readOnly(
  share: string,
  found: string,
  options: { details?: Record<string, unknown>; cause?: unknown } = { details: { storage: share } },
): TransientError {
  return new TransientError(
    'long-term-storage.read-only',
    `Expected to write to ${share}, ${found}. What reads from it goes on; mount it for writing, and this goes on by itself.`,
    { ...options, away: true },
  );
}

export function unavailable(
  share: string,
  message: string,
  options: { details?: Record<string, unknown>; cause?: unknown } = { details: { storage: share } },
): TransientError {
  return new TransientError(
    'long-term-storage.unavailable',
    `${message} Is the share mounted? The job goes on by itself when it is back.`,
    options,
  );
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
