import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { PermanentError, TransientError, crashPoint } from '#kernel';
import { publishingSuffix } from '../names.js';
import { errnoOf } from './share-errors.js';

/** What file systems without hard links answer (FAT and some SMB servers: EPERM). */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/**
 * Gives a finished file its final path, without ever replacing another file. `rename` would replace; `link` refuses, at
 * once and on every client of the share. Where links do not exist, a lock file makes sure that of all Catena processes
 * only one looks and renames; a stranger's process that creates the very same path in that instant is not noticed.
 *
 * @throws PermanentError `long-term-storage.already-exists`
 * @throws TransientError `long-term-storage.busy` when another publisher holds, or died with, the lock
 */
export async function publish(partial: string, final: string, hardLinks: boolean): Promise<void> {
  if (!hardLinks || !(await publishByLink(partial, final))) await publishByRename(partial, final);
}

/** @returns false when the file system knows no links */
async function publishByLink(partial: string, final: string): Promise<boolean> {
  try {
    await link(partial, final);
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (noLinks.has(code)) return false;
    if (code !== 'EEXIST') throw error;
    // NFS repeats a request whose answer got lost, and then meets its own success.
    if (!(await isSameFile(partial, final))) throw alreadyExists(final);
  }
  crashPoint('long-term-storage.after-rename');
  await gone(partial);
  return true;
}

async function publishByRename(partial: string, final: string): Promise<void> {
  const lock = `${final}${publishingSuffix}`;
  await takeLock(lock);
  try {
    if (await exists(final)) throw alreadyExists(final);
    await rename(partial, final);
    crashPoint('long-term-storage.after-rename');
  } finally {
    await gone(lock);
  }
}

/** Another process may remove what it takes for leftovers at the same moment. */
async function gone(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

async function takeLock(lock: string): Promise<void> {
  try {
    const handle = await open(lock, 'wx');
    await handle.close();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    throw new TransientError(
      'long-term-storage.busy',
      `Expected to be the only publisher, found the lock ${lock} of another. If that one has died, removing its partials removes the lock.`,
      { details: { lock } },
    );
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([lstat(one), lstat(other)]);
  return first.ino === second.ino && first.dev === second.dev;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function alreadyExists(final: string): PermanentError {
  return new PermanentError(
    'long-term-storage.already-exists',
    `Expected ${final} to be free, found a file there; it was left as it is. Compare it with what should be there, or remove it.`,
    { details: { path: final } },
  );
}
