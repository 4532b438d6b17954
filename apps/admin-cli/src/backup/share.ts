import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { attributesOf, ownershipOf, setOwnership, setTime, type Attributes } from './attributes.js';
import { digestOf, inTheWay, keep } from './kept-file.js';
import type { StoredFile, StoredFolder, StoredShare } from './manifest-shape.js';

/** Unfinished writing of apps: nothing that is missed. */
const unfinished = /[.]partial$/;

export async function dumpShare(
  root: string,
  index: number,
  folder: string,
  signal: AbortSignal,
): Promise<StoredShare> {
  const found = await contentOf(root);
  const folders: StoredFolder[] = [];
  for (const path of found.folders) folders.push({ path, ...(await ownershipOf(join(root, path))) });
  const files: StoredFile[] = [];
  for (const path of found.files) {
    signal.throwIfAborted();
    const attributes = await attributesOf(join(root, path));
    const file = `shares/${index}/${path}`;
    files.push({
      ...(await keep(folder, { file, path }, createReadStream(join(root, path)))),
      attributes,
    });
  }
  return { root, files, folders };
}

/** @throws Failure when something else is in the place of a file that was backed up, or of a folder on the way to it */
export async function missingFiles({ root, files }: StoredShare, signal: AbortSignal): Promise<StoredFile[]> {
  const missing: StoredFile[] = [];
  for (const file of files) if (await isMissing(root, file, signal)) missing.push(file);
  return missing;
}

async function isMissing(root: string, { path, sha256 }: StoredFile, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  for (const above of foldersAbove(path)) if (!(await isFolder(join(root, above)))) return true;
  const place = join(root, path);
  const stats = await lstat(place).catch(ifAbsent);
  if (stats === undefined) return true;
  if (!stats.isFile()) throw inTheWay(place, 'something that is no file');
  const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
  if ((await digestOf(handle.createReadStream(), signal)) !== sha256) throw inTheWay(place);
  return false;
}

/** What was put back, and what of it does not belong to whom it belonged. */
export interface LoadedShare {
  readonly files: number;
  readonly withOtherOwner: number;
}

/** Puts back what was found missing, each file in one step that never replaces another. */
export async function loadShare(
  share: StoredShare,
  folder: string,
  missing: readonly StoredFile[],
  signal: AbortSignal,
): Promise<LoadedShare> {
  const loader = new ShareLoader(share, folder);
  if (missing.length > 0) await mkdir(share.root, { recursive: true });
  for (const file of missing) {
    signal.throwIfAborted();
    await loader.load(file);
  }
  return loader;
}

class ShareLoader implements LoadedShare {
  files = 0;
  withOtherOwner = 0;
  private readonly root: string;
  private readonly folders: ReadonlyMap<string, StoredFolder>;

  constructor(
    { root, folders = [] }: StoredShare,
    private readonly folder: string,
  ) {
    this.root = root;
    this.folders = new Map(folders.map((stored) => [stored.path, stored]));
  }

  async load({ path, file, attributes }: StoredFile): Promise<void> {
    const place = join(this.root, path);
    for (const above of foldersAbove(path)) await this.makeFolder(above);
    const draft = join(dirname(place), `${randomUUID()}.partial`);
    const copy = join(this.folder, file);
    try {
      await copyFile(copy, draft);
      const kept: Attributes = attributes ?? (await formerAttributesOf(copy, draft));
      await setTime(draft, kept.modifiedAt);
      const given = await setOwnership(draft, kept);
      await flush(draft);
      // Unlike a renaming, a link is refused where another writer was quicker.
      await link(draft, place).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST'
          ? inTheWay(place, 'what another writer has put there meanwhile')
          : error;
      });
      await flush(dirname(place));
      if (!given) this.withOtherOwner += 1;
    } finally {
      await rm(draft, { force: true });
    }
    this.files += 1;
  }

  private async makeFolder(path: string): Promise<void> {
    const place = join(this.root, path);
    if (await isFolder(place)) return;
    await mkdir(place);
    const kept = this.folders.get(path);
    if (kept !== undefined && !(await setOwnership(place, kept))) this.withOtherOwner += 1;
    await flush(dirname(place));
  }
}

/** Backups of before kept rights and time at the file itself, and nowhere who owned it. */
async function formerAttributesOf(copy: string, draft: string): Promise<Attributes> {
  const { uid, gid } = await attributesOf(draft);
  return { ...(await attributesOf(copy)), uid, gid };
}

/** `a` and `a/b` for `a/b/c`. */
function foldersAbove(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** @throws Failure when it is anything else, such as a link that leads out of the share */
async function isFolder(place: string): Promise<boolean> {
  const stats = await lstat(place).catch(ifAbsent);
  if (stats === undefined) return false;
  if (!stats.isDirectory()) throw inTheWay(place, 'a link or a file where a folder was');
  return true;
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

async function contentOf(root: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = (wanted: typeof entries): string[] =>
    wanted.map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join('/')).sort();
  return {
    files: paths(entries.filter((entry) => entry.isFile() && !unfinished.test(entry.name))),
    folders: paths(entries.filter((entry) => entry.isDirectory())),
  };
}

/** What is said to be restored outlives a loss of power. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
