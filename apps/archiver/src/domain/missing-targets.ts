import { CatenaError, TransientError } from '#kernel';

/** What an error says of the targets that an order still has to go to; undefined: nothing. */
export function targetsIn(error: unknown, key: 'missing' | 'left'): readonly string[] | undefined {
  const found = error instanceof CatenaError ? error.details[key] : undefined;
  const isList = Array.isArray(found) && found.length > 0 && found.every((name) => typeof name === 'string');
  return isList ? found : undefined;
}

/** The same fault, with the targets where something is left to be done: all others are done with. */
export function withLeft(error: unknown, left: readonly string[]): unknown {
  if (!(error instanceof TransientError)) return error;
  const { code, message, details, away } = error;
  return new TransientError(code, `${message} Left to be done: ${left.join(', ')}.`, {
    ...{ away, details: { ...details, left }, cause: error },
  });
}

/**
 * Copies are, or are to go, where this archiver does not reach: another archiver may, or the target comes back. Nothing is said of
 * the copies themselves.
 */
export function targetAway(
  archiveId: string,
  missing: readonly string[],
  served: readonly string[],
  which: string = missing.join(', '),
): TransientError {
  return new TransientError(
    'archiver.target-away',
    `Expected ${which} for ${archiveId}, found that this archiver has ${served.join(', ') || 'no storage'}. Work waits for an archiver that has it: add the target to ROUTES_FILE, and to ARCHIVER_TARGETS where that is set (without the file to LTS_ROOTS).`,
    { away: true, details: { archiveId, missing, served } },
  );
}
