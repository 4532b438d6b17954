import { CatenaError, TransientError } from '#kernel';
import type { LongTermStorage, LongTermReadOptions } from '#long-term-storage';
import type { StoredCopy, StoredDatablock } from './records.js';

/**
 * Copies in the order in which they are worth a try: those found damaged come last, and others in the order of preference.
 *
 * @param preferred names of targets; those that are not named come after them
 */
export function bestFirst(copies: readonly StoredCopy[], preferred: readonly string[] = []): StoredCopy[] {
  const place = ({ share }: StoredCopy): number => {
    const index = preferred.indexOf(share);
    return index < 0 ? preferred.length : index;
  };
  return [...copies].sort(
    (one, other) => Number(isDamaged(one)) - Number(isDamaged(other)) || place(one) - place(other),
  );
}

export function copyOn({ copies }: StoredDatablock, target: string): StoredCopy | undefined {
  return copies.find(({ share }) => share === target);
}

export function isDamaged({ damaged }: StoredCopy): boolean {
  return damaged !== undefined;
}

/** Copies that were what was archived when they were last read, each on a target of its own. */
export function goodCopies(copies: readonly StoredCopy[] = []): StoredCopy[] {
  const good = copies.filter((copy) => !isDamaged(copy));
  return [...new Map(good.map((copy) => [copy.share, copy])).values()];
}

export function isMissing(error: unknown): boolean {
  return error instanceof CatenaError && error.code === 'long-term-storage.not-found';
}

/** What is wrong with a copy itself, not with the way to it, with rights, or with where it was to be put. */
export function isDamage(error: unknown): boolean {
  const codes = ['archiver.copy-damaged', 'long-term-storage.not-found', 'long-term-storage.medium-damaged'];
  return error instanceof CatenaError && codes.includes(error.code);
}

/** A copy that was seen a moment ago, and that a share does not find: it is there, and not yet everywhere. */
export function notYetThere(share: string, name: string, cause?: unknown): TransientError {
  return new TransientError(
    'archiver.copy-not-yet-there',
    `Expected ${name} on ${share}, where it was read a moment ago, found nothing yet: it is looked for again, for REFERENCE_PATIENCE.`,
    { away: true, details: { share, name }, cause },
  );
}

/** Where copies lie, where their storages have names of ROUTES_FILE: items of LTS_ROOTS are nobody else's business. */
export function namedTargets(copies: readonly StoredCopy[]): string[] | undefined {
  const names = copies.map(({ share }) => share);
  return names.length > 0 && names.every(isName) ? names : undefined;
}

/** Copies as everybody may read them, in their order: by the names of their targets, and `copy 1`, `copy 2` where those have none. */
export function publicNames(copies: readonly StoredCopy[]): string[] {
  return copies.map(({ share }, index) => (isName(share) ? share : `copy ${index + 1}`));
}

/** Whether it is a name of ROUTES_FILE: others are paths, which no message tells. */
export function isName(share: string): boolean {
  return /^[a-z0-9-]{1,40}$/.test(share);
}

/** Other work moved or mended a copy since its record was read: it is read again. Nothing is said of the copies. */
export function copiesChanged(archiveId: string): TransientError {
  return new TransientError(
    'archiver.copies-changed',
    `Expected the copies of ${archiveId} to stay as they were when this began, found that other work has moved, mended or discarded one meanwhile: it is looked at again.`,
    { away: true, details: { archiveId } },
  );
}

/** Reads what was written a moment ago. @throws TransientError `archiver.copy-unseen` */
export async function readBack(share: LongTermStorage, name: string, options: LongTermReadOptions) {
  try {
    return await share.read(name, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new TransientError(
      'archiver.copy-unseen',
      `Expected ${name} on ${share.name}, where it was written a moment ago, found nothing: it is looked for again.`,
      { details: { share: share.name, name }, cause: error },
    );
  }
}
