import { CatenaError, isDirectoryEntry, listedPath } from '#kernel';
import { BadRequest } from '../domain/errors.js';

interface ListedEntry {
  readonly path: string;
  readonly perm?: string | null | undefined;
}

/** What is wrong with the path of one file of a list. */
export interface PathFault {
  readonly index: number;
  readonly message: string;
}

/** Faults of one list that are told at once. */
const maxFaults = 20;
/** Characters of a path that a message repeats. */
const shownCharacters = 200;

/**
 * Paths of a new list that no datablock could hold: ones that lead out of the dataset's folder, and ones that name the
 * same file. They are compared as the archiver reads them, so that `/data/x/f` and `f` are one file of `/data/x`. Directories are
 * in no datablock, however they are written.
 */
export function pathFaults(files: readonly ListedEntry[], sourceFolder: string | undefined): PathFault[] {
  const seen = new Map<string, number>();
  const faults: PathFault[] = [];
  for (const [index, entry] of files.entries()) {
    if (faults.length >= maxFaults) break;
    if (isDirectoryEntry(entry)) continue;
    const complaint = complaintAbout(entry.path, index, { sourceFolder, seen });
    if (complaint !== undefined) faults.push({ index, message: `path ${complaint}` });
  }
  return faults;
}

/** @throws BadRequest naming the paths of a list that no datablock could hold, with the words of a body's other faults */
export function refuseBadPaths(files: readonly ListedEntry[], sourceFolder: string | undefined): void {
  const faults = pathFaults(files, sourceFolder);
  if (faults.length === 0) return;
  const message = faults.map((fault) => `dataFileList.${fault.index}.${fault.message}`);
  throw new BadRequest(message.join('; '), { message, error: 'Bad Request', statusCode: 400 });
}

function complaintAbout(
  path: string,
  index: number,
  { sourceFolder, seen }: { sourceFolder: string | undefined; seen: Map<string, number> },
): string | undefined {
  const shown = JSON.stringify(path.slice(0, shownCharacters));
  // A lone surrogate is stored as another character: the file would never be found under its name.
  if (/\p{Cs}/u.test(path)) return `must be well-formed Unicode, found ${shown}`;
  // Lists of before have such paths; a new one says each path in one way.
  if (path.startsWith('./')) return `must be a path without ./ before it, found ${shown}`;
  let inside: string;
  try {
    inside = listedPath(path, sourceFolder);
  } catch (error) {
    if (!(error instanceof CatenaError)) throw error;
    return `must be a path below the dataset's sourceFolder, found ${shown}: ${error.message}`;
  }
  const first = seen.get(inside);
  if (first !== undefined)
    return `must be listed once, found ${shown} again, which is the file of dataFileList.${first}`;
  seen.set(inside, index);
  return undefined;
}
