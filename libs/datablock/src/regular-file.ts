import { close, constants, fstat, open, type Stats } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError, safeRelativePath } from '#kernel';
import { isInside } from './small-files/paths.js';

/** A file that is open for reading, and what it was at that moment. */
export interface OpenFile {
  readonly descriptor: number;
  readonly found: Stats;
}

/**
 * Opens a regular file below a folder for reading. What anybody who can write below the folder may do meanwhile does not
 * matter: the descriptor itself is looked at after it is open, not the path before. A pipe does not make the caller wait
 * for a writer, a link at the end is not followed, and one in the middle leads nowhere outside the folder.
 *
 * @param root the real path of the folder, links resolved
 * @throws PermanentError `datablock.not-a-file`, `datablock.outside-folder`, `kernel.unsafe-path`
 * @throws Error of the file system
 */
export async function openRegularFile(root: string, path: string): Promise<OpenFile> {
  const resolved = await realpath(join(root, safeRelativePath(path)));
  if (!isInside(resolved, root)) throw outside(path, resolved);
  const descriptor = await opened(resolved, path);
  try {
    const found = await statOf(descriptor);
    if (!found.isFile()) throw notAFile(path, found);
    const place = await placeOf(descriptor, resolved);
    if (!isInside(place, root)) throw outside(path, place);
    return { descriptor, found };
  } catch (error) {
    close(descriptor, () => undefined);
    throw error;
  }
}

/** What an open file is now. */
export function statOf(descriptor: number): Promise<Stats> {
  return new Promise((resolve, reject) => {
    fstat(descriptor, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
}

function opened(file: string, path: string): Promise<number> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return new Promise((resolve, reject) => {
    open(file, flags, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      // ELOOP: it has become a link. ENXIO: a socket, or a device without a driver.
      else if (error.code === 'ELOOP' || error.code === 'ENXIO') reject(notAFile(path));
      else reject(error);
    });
  });
}

/** Where the descriptor really is. Linux knows; elsewhere the path is resolved once more, which a fast writer can deceive. */
async function placeOf(descriptor: number, resolved: string): Promise<string> {
  if (process.platform === 'linux') return readlink(`/proc/self/fd/${descriptor}`);
  return realpath(resolved);
}

function notAFile(path: string, found?: Stats): PermanentError {
  return new PermanentError(
    'datablock.not-a-file',
    `Expected ${JSON.stringify(path)} to be a regular file, found ${kindOf(found)}. Replace it by the file, or take it from the file list.`,
    { details: { path } },
  );
}

function kindOf(found: Stats | undefined): string {
  if (found === undefined) return 'a link, a socket or a device';
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return 'a device';
}

function outside(path: string, place: string): PermanentError {
  return new PermanentError(
    'datablock.outside-folder',
    `Expected ${JSON.stringify(path)} inside the dataset's folder, found that it leads to ${JSON.stringify(place)}. Replace the link by the file.`,
    { details: { path } },
  );
}
