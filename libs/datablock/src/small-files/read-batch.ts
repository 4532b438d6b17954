import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { isInside } from './paths.js';
import { differenceOf, type RegisteredFile } from './registered-file.js';

/** A registered file below a folder. */
export interface WantedFile extends RegisteredFile {
  /** The real path of the folder, links resolved. */
  readonly root: string;
  /** Milliseconds by which the times may differ. */
  readonly tolerance: number;
}

/** Files on their way to a thread: as columns, which are copied far faster than so many small objects. */
export interface FilesInColumns {
  readonly roots: readonly string[];
  readonly paths: readonly string[];
  /** For each file its size, its time in milliseconds, and the tolerance. */
  readonly numbers: Float64Array;
}

export function inColumns(files: readonly WantedFile[]): FilesInColumns {
  const numbers = new Float64Array(files.length * 3);
  for (const [index, { size, modifiedAt, tolerance }] of files.entries())
    numbers.set([size, modifiedAt.getTime(), tolerance], index * 3);
  return { roots: files.map(({ root }) => root), paths: files.map(({ path }) => path), numbers };
}

export function fromColumns({ roots, paths, numbers }: FilesInColumns): WantedFile[] {
  return paths.map((path, index) => ({
    root: roots[index] as string,
    path,
    size: numbers[index * 3] as number,
    modifiedAt: new Date(numbers[index * 3 + 1] as number),
    tolerance: numbers[index * 3 + 2] as number,
  }));
}

/** The contents of some files, one behind the other. */
export interface FilesRead {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each file its length, or -1: it was not read, and whoever wants to know why looks at it in the careful way. */
  readonly lengths: readonly number[];
  /** How long it took for a file, in the mean. */
  readonly millisecondsEach: number;
}

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads small files that are just what was registered, without giving way: for a thread of its own. What is as strict as
 * {@link openRegisteredFile} is what it accepts: a regular file inside the folder by its open descriptor, with size and time as
 * registered, and unchanged after the last byte. Of all others it says nothing.
 */
export function readBatch(files: readonly WantedFile[]): FilesRead {
  const began = performance.now();
  // One byte more than announced shows growth.
  const bytes = Buffer.allocUnsafeSlow(files.reduce((sum, { size }) => sum + size, 1));
  const folders = new Map<string, string | undefined>();
  let end = 0;
  const lengths = files.map((file) => {
    const place = placeOf(file, folders);
    if (place === undefined || !isRead(file, place, bytes.subarray(end, end + file.size + 1))) return -1;
    end += file.size;
    return file.size;
  });
  return { bytes, lengths, millisecondsEach: (performance.now() - began) / files.length };
}

/** Links in the middle are resolved once for the files of a folder; one at the end is not followed. */
function placeOf({ root, path }: WantedFile, folders: Map<string, string | undefined>): string | undefined {
  const whole = `${root}/${path}`;
  const slash = whole.lastIndexOf('/');
  const folder = whole.slice(0, slash);
  if (!folders.has(folder)) folders.set(folder, folderInside(folder, root));
  const real = folders.get(folder);
  return real === undefined ? undefined : real + whole.slice(slash);
}

function folderInside(folder: string, root: string): string | undefined {
  try {
    const real = realpathSync.native(folder);
    return isInside(real, root) ? real : undefined;
  } catch {
    return undefined;
  }
}

function isRead(file: WantedFile, place: string, room: Buffer): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(place, flags);
    const found = fstatSync(descriptor);
    if (!found.isFile() || differenceOf(found, file, file.tolerance) !== undefined) return false;
    // The path may lead elsewhere by now than where it was resolved to; the descriptor is what is read.
    if (!isInside(readlinkSync(`/proc/self/fd/${descriptor}`), file.root)) return false;
    if (readSync(descriptor, room, 0, room.length, 0) !== file.size) return false;
    const now = fstatSync(descriptor);
    return now.size === found.size && now.mtimeMs === found.mtimeMs && now.ctimeMs === found.ctimeMs;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeQuietly(descriptor);
  }
}

/** Read only: nothing can be lost by an error here. */
function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // As above.
  }
}
