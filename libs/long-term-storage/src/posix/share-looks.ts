import { constants } from 'node:fs';
import { access, lstat, open } from 'node:fs/promises';
import { errnoOf } from './share-errors.js';

/** A file keeps its number; a new one, and one that was written to, has another time. */
export async function markOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await lstat(path, { bigint: true });
  return [ino, size, mtimeNs].join('.');
}

/** Only the server knows what an account may do below a root: the write itself finds that out. */
export async function assertNotReadOnly(root: string): Promise<void> {
  try {
    await access(root, constants.W_OK);
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error;
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    // Some shares cannot sync folders; there, the server has to keep its promise without being asked.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
