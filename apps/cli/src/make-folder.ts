import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, one after the other: `mkdir` with `recursive` never ends where a file system takes
 * no folders at all (`/proc`).
 *
 * @returns whether it was made now
 */
export async function makeFolder(given: string, mode = 0o777): Promise<boolean> {
  const path = resolve(given);
  if (await isFolder(path)) return false;
  if (dirname(path) !== path) await makeFolder(dirname(path), mode);
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    // Another process may have been faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(path))) return false;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return stats?.isDirectory() ?? false;
}
