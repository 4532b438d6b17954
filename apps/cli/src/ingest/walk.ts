import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { Failure, foundText, helpText, nameText } from '#command-line';

/** A plain file below the folder, as it was when it was seen. */
export interface FoundFile {
  /** Relative, slash-separated. */
  readonly path: string;
  readonly size: number;
  /** Nanoseconds since 1970, as text: what tells a changed file from an unchanged one. */
  readonly modified: string;
  readonly modifiedAt: Date;
  readonly permissions: number;
}

interface Unsupported {
  readonly path: string;
  readonly reason: string;
}

export interface Tree {
  /** In the order of the UTF-8 bytes of their paths, so that every walk of the same tree is the same. */
  readonly files: readonly FoundFile[];
  readonly bytes: number;
  /** What cannot be archived: links, devices, unreadable names. */
  readonly unsupported: readonly Unsupported[];
  /** Folders without anything in them: an archive of files does not keep them. */
  readonly emptyFolders: readonly string[];
}

/** Object keys end at 1024 bytes; the dataset's part of them is shorter than this. */
const longestPathBytes = 900;

/** Everything below a folder. Links are named and never followed. */
export async function walk(root: string, signal: AbortSignal): Promise<Tree> {
  const files: FoundFile[] = [];
  const unsupported: Unsupported[] = [];
  const emptyFolders: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    const names = await readdir(`${root}/${folder}`, { encoding: 'buffer' }).catch((error: unknown) =>
      cannotRead(folder === '' ? root : folder, error),
    );
    if (names.length === 0 && folder !== '') emptyFolders.push(folder.slice(0, -1));
    for (const name of names) {
      const path = `${folder}${name.toString('utf8')}`;
      const complaint = complaintAboutName(name, path);
      if (complaint !== undefined) {
        unsupported.push({ path, reason: complaint });
        continue;
      }
      const stats = await lstat(`${root}/${path}`, { bigint: true }).catch((error: unknown) =>
        cannotRead(path, error),
      );
      if (stats.isDirectory()) folders.push(`${path}/`);
      else if (stats.isFile()) files.push(describeFile(path, stats));
      else unsupported.push({ path, reason: kindOf(stats) });
    }
  }
  sortByPath(files);
  sortByPath(unsupported);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { files, bytes, unsupported, emptyFolders: emptyFolders.sort() };
}

function cannotRead(path: string, error: unknown): never {
  throw new Failure(
    'failed',
    `Expected to read ${nameText(path)}, found ${foundText(error)}. ${helpText(error)} and run the same command again.`,
    error,
  );
}

function describeFile(path: string, stats: BigIntStats): FoundFile {
  return {
    path,
    size: Number(stats.size),
    modified: String(stats.mtimeNs),
    // The nearest millisecond: many tools set times that miss theirs by some nanoseconds.
    modifiedAt: new Date(Math.round(Number(stats.mtimeNs / 1000n) / 1000)),
    permissions: Number(stats.mode) & 0o777,
  };
}

function complaintAboutName(name: Buffer, path: string): string | undefined {
  if (!Buffer.from(name.toString('utf8')).equals(name)) return 'its name is not UTF-8';
  if (Buffer.byteLength(path) > longestPathBytes) return `its path is longer than ${longestPathBytes} bytes`;
  return undefined;
}

function kindOf(stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function sortByPath(list: { readonly path: string }[]): void {
  list.sort((left, right) => Buffer.compare(Buffer.from(left.path), Buffer.from(right.path)));
}
