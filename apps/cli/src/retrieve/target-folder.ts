import { createHash, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, rename, rm, rmdir, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { safeRelativePath } from '#kernel';
import { bytesText, Failure, foundText, helpText, isSystemFault, nameText } from '#command-line';
import { walk } from '../ingest/walk.js';
import { makeFolder } from '../make-folder.js';

/** What a file in the folder must be to count as restored. */
export interface WantedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly permissions: number;
  readonly modifiedAt: Date;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A folder that files are restored into, and that nothing restored ever leaves: neither by `..` nor through a link that lies in it. */
export class TargetFolder {
  private readonly folders = new Set<string>();

  private constructor(
    readonly root: string,
    private readonly isNew: boolean,
  ) {}

  /** @throws Failure when the folder cannot be made, or nothing can be written into it */
  static async open(given: string): Promise<TargetFolder> {
    if (given === '') throw new Failure('usage', 'Expected the name of a folder after --to, found nothing.');
    try {
      const isNew = await makeFolder(given);
      const folder = new TargetFolder(await realpath(given), isNew);
      await tryWriting(folder.root);
      return folder;
    } catch (error) {
      throw isSystemFault(error) ? unusable(given, error) : error;
    }
  }

  /** A folder that was made for nothing goes again. */
  async leave(): Promise<void> {
    if (this.isNew) await rmdir(this.root).catch(() => undefined);
  }

  /**
   * Looks before the work, not after hours of it. What lies in the folder may be what is wanted, and needs no room twice.
   *
   * @throws Failure when the bytes certainly do not fit
   */
  async assertRoom(bytes: number, signal: AbortSignal): Promise<void> {
    const { bavail, bsize } = await statfs(this.root);
    const free = bavail * bsize;
    if (bytes <= free || bytes <= free + (await walk(this.root, signal)).bytes) return;
    throw new Failure(
      'failed',
      `Expected room for ${bytesText(bytes)} in ${this.root}, found ${bytesText(free)} free. Make room, or choose another folder with --to.`,
    );
  }

  /** What lies at the file's place: nothing, the very same content, or something else. */
  async stateOf(file: WantedFile, signal: AbortSignal): Promise<'absent' | 'same' | 'different'> {
    const place = await this.placeOf(file.path, 'look');
    if (place === undefined) return 'absent';
    const stats = await lstat(place).catch(ifAbsent);
    if (stats === undefined) return 'absent';
    if (stats.isDirectory()) throw refused(file.path, 'a folder of that name is in the way');
    if (!stats.isFile() || stats.size !== file.size) return 'different';
    return (await digestOf(place, signal)) === file.sha256 ? 'same' : 'different';
  }

  /**
   * Writes a file beside its place, then puts it there in one step.
   *
   * @param taken names of other files to come, that the file being written must not have
   */
  async write(
    file: WantedFile,
    content: AsyncIterable<Buffer>,
    taken: (path: string) => boolean,
  ): Promise<void> {
    try {
      await this.writeAnyhow(file, content, taken);
    } catch (error) {
      throw isSystemFault(error) ? this.notWritten(file.path, error) : error;
    }
  }

  private async writeAnyhow(
    file: WantedFile,
    content: AsyncIterable<Buffer>,
    taken: (path: string) => boolean,
  ): Promise<void> {
    const partial = partialName(file.path, taken);
    const place = (await this.placeOf(file.path, 'make')) as string;
    const draft = join(this.root, partial);
    await rm(draft, { force: true });
    const handle = await open(draft, newFile, 0o600);
    try {
      for await (const chunk of content) await writeWhole(handle, chunk);
      await setTime(handle, file.modifiedAt);
      await handle.chmod(file.permissions);
    } catch (error) {
      // A full disk may make closing fail, too: the first reason counts.
      await handle.close().catch(() => undefined);
      await rm(draft, { force: true });
      throw error;
    }
    await handle.close();
    await rename(draft, place);
  }

  private notWritten(path: string, error: unknown): Failure {
    return new Failure(
      'failed',
      `Expected to write ${nameText(path)} into ${this.root}, found ${foundText(error)}. ${helpText(error)} and run the same command again: what was restored is kept.`,
      error,
    );
  }

  /** Time and permissions of a file whose content is right already. */
  async restoreAttributes(file: WantedFile): Promise<void> {
    const place = (await this.placeOf(file.path, 'make')) as string;
    try {
      const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        await setTime(handle, file.modifiedAt);
        await handle.chmod(file.permissions);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw isSystemFault(error) ? this.notWritten(file.path, error) : error;
    }
  }

  /** The absolute place of a file, every folder on the way being a real folder; undefined when one is missing and none is to be made. */
  private async placeOf(path: string, purpose: 'look' | 'make'): Promise<string | undefined> {
    const segments = safeRelativePath(path).split('/');
    let folder = this.root;
    for (const segment of segments.slice(0, -1)) {
      folder = join(folder, segment);
      if (this.folders.has(folder)) continue;
      const stats = (await lstat(folder).catch(ifAbsent)) ?? (purpose === 'make' && (await made(folder)));
      if (stats === false) return undefined;
      if (!stats.isDirectory()) throw refused(path, `${nameText(folder)} is not a folder but a file or link`);
      this.folders.add(folder);
    }
    return join(folder, segments.at(-1) as string);
  }
}

/** A folder that may be made by another lane at the same time. */
async function made(folder: string): Promise<Stats> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return lstat(folder);
}

/** Whether a file of the dataset is called as one under way may be. */
export function looksPartial(path: string): boolean {
  return path.endsWith('.partial');
}

/** A name beside the file that no other file of the dataset has. */
export function partialName(path: string, taken: (path: string) => boolean): string {
  for (let name = `${path}.partial`; ; name = `${name}.partial`) {
    const last = name.slice(name.lastIndexOf('/') + 1);
    if (Buffer.byteLength(last) > 255) return shortName(path);
    if (!taken(name)) return name;
  }
}

function shortName(path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return `${folder}${createHash('sha256').update(path).digest('hex')}.partial`;
}

/** Rights and kinds of file systems are not to be guessed: a file is made, and removed. */
async function tryWriting(root: string): Promise<void> {
  const probe = join(root, `.catena-${randomUUID()}.partial`);
  const handle = await open(probe, newFile, 0o600);
  try {
    await handle.write('x');
  } finally {
    await handle.close().catch(() => undefined);
    await rm(probe, { force: true });
  }
}

function unusable(given: string, error: NodeJS.ErrnoException): Failure {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return new Failure(
    full ? 'failed' : 'usage',
    `Expected a folder at ${given} (--to) that files can be written into, found ${foundText(error)}. ${full ? 'Make room, or choose' : 'Choose'} another folder; nothing was recalled.`,
    error,
  );
}

async function writeWhole(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let written = 0; written < chunk.length;)
    written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
}

async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 })) {
    signal.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** Seconds as a double miss a millisecond by some nanoseconds; a little more, and a reader who cuts digits off sees the right one. */
async function setTime(handle: FileHandle, time: Date): Promise<void> {
  const seconds = time.getTime() / 1000 + 2.4e-7;
  // Node takes a negative number for "now", and a text for the number it is: times before 1970 are text.
  await handle.utimes(String(seconds), String(seconds));
}

function refused(path: string, reason: string): Failure {
  return new Failure(
    'conflict',
    `Expected to restore ${nameText(path)}, but ${reason}. Choose an empty folder.`,
  );
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
