import { TransientError } from '#kernel';

/**
 * Copies are, or are to go, where this archiver does not reach: another archiver may, or the target comes back. Nothing is said of
 * the copies themselves.
 */
export function targetAway(
  archiveId: string,
  missing: readonly string[],
  served: readonly string[],
): TransientError {
  return new TransientError(
    'archiver.target-away',
    `Expected ${missing.join(', ')} for ${archiveId}, found that this archiver has ${served.join(', ') || 'no storage'}. Work waits for an archiver that has it: add the target to ROUTES_FILE, and to ARCHIVER_TARGETS where that is set (without the file to LTS_ROOTS).`,
    { away: true, details: { archiveId, missing, served } },
  );
}
