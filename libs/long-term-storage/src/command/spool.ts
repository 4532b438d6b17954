import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, newId, TransientError } from '#kernel';
import { errnoOf, unavailable } from '../posix/share-errors.js';

/** Room that one file takes in the spool until it is given back. */
export interface SpoolRoom {
  /** Keeps room for bytes that will come. @throws TransientError `long-term-storage.full` */
  reserve(bytes: number): void;
  /** @throws TransientError `long-term-storage.full` */
  grow(bytes: number): void;
  giveBack(): void;
}

const prefix = 'catena-spool';
/** The file whose time says when its process was last alive. */
const sign = 'alive';
/** Milliseconds between two signs of life, and without one after which a folder is of the dead. */
const beat = 60_000;
export const maxSilence = 900_000;
/** The same for folders of versions that gave no signs. */
const maxSilenceBefore = 7 * 86_400_000;
/** Folders that this process made: several targets may share a spool. */
const ours = new Set<string>();

/**
 * The folder in which files wait for a client to send them, or for a reader. Each process has one of its own below it, and
 * removes those of processes that are no more.
 */
export class Spool {
  private used = 0;
  private made: Promise<string> | undefined;
  private beating: NodeJS.Timeout | undefined;

  constructor(
    private readonly storage: string,
    private readonly folder: string,
    /** Bytes. */
    readonly limit: number,
  ) {}

  get free(): number {
    return Math.max(0, this.limit - this.used);
  }

  /** The folder of this process, which is there. */
  async own(): Promise<string> {
    const ready = this.ready();
    const own = await ready;
    if (await isWhole(own)) return own;
    // Cleared away under a running process, by whomever: it goes on with another one.
    if (this.made === ready) this.made = undefined;
    return this.ready();
  }

  private ready(): Promise<string> {
    this.made ??= this.make().catch((error: unknown) => {
      this.made = undefined;
      // Nothing that is missing here says anything of the files of the storage.
      throw unavailable(this.storage, `Expected the spool ${this.folder}, found ${messageOf(error)}.`, {
        details: { storage: this.storage, spool: this.folder },
        cause: error,
      });
    });
    return this.made;
  }

  take(): SpoolRoom {
    let [taken, grown] = [0, 0];
    const take = (bytes: number): void => {
      if (bytes <= 0) return;
      if (this.used + bytes > this.limit) throw this.full(bytes);
      this.used += bytes;
      taken += bytes;
    };
    return {
      reserve: (bytes) => take(bytes - taken),
      grow: (bytes) => {
        take(grown + bytes - taken);
        grown += bytes;
      },
      giveBack: () => {
        this.used -= taken;
        [taken, grown] = [0, 0];
      },
    };
  }

  private async make(): Promise<string> {
    // First of all: a spool that is not there is never made.
    const entries = await readdir(this.folder);
    const id = newId();
    const own = join(this.folder, [prefix, hostname(), process.pid, id].join('@'));
    ours.add(id);
    for (const part of ['in', 'out']) await mkdir(join(own, part), { recursive: true, mode: 0o700 });
    await this.beat(own);
    clearInterval(this.beating);
    this.beating = setInterval(() => void this.beat(own).catch(() => undefined), beat).unref();
    const { mtimeMs: now } = await stat(join(own, sign));
    for (const entry of entries)
      if (isOfTheDead(entry) || (await isSilent(join(this.folder, entry), entry, now)))
        await rm(join(this.folder, entry), { recursive: true, force: true });
    return own;
  }

  /** Tells processes of other containers, which cannot see this one, that it lives. */
  private beat(own: string): Promise<void> {
    return writeFile(join(own, sign), '');
  }

  private full(bytes: number): TransientError {
    return new TransientError(
      'long-term-storage.full',
      `Expected room for ${bytes} bytes in the spool ${this.folder} of ${this.storage}, found ${this.free} of ${this.limit} free. Work waits until other files are through; raise spoolLimit if that is too often.`,
      { details: { storage: this.storage, bytes, free: this.free } },
    );
  }
}

/** Whether both of its folders are there; whatever else is wrong with them, whoever uses them finds out. */
async function isWhole(own: string): Promise<boolean> {
  try {
    for (const part of ['in', 'out']) await stat(join(own, part));
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ENOENT';
  }
}

/** Of a process of this machine that is no more. */
function isOfTheDead(entry: string): boolean {
  const [mark, machine, pid = '', id] = entry.split('@');
  if (mark !== prefix || machine !== hostname() || id === undefined) return false;
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  // A container that begins anew often has the number, and the name, of the one before.
  if (number === process.pid) return !ours.has(id);
  try {
    process.kill(number, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
}

/** Of another container, or of a machine of another name, that has given no sign of life for long. Times are those of the disk. */
async function isSilent(folder: string, entry: string, now: number): Promise<boolean> {
  const [mark, machine, , id] = entry.split('@');
  if (mark !== prefix || id === undefined || machine === hostname()) return false;
  const last = await stat(join(folder, sign)).catch(() => undefined);
  if (last !== undefined) return now - last.mtimeMs > maxSilence;
  // From before signs of life.
  const made = await stat(folder).catch(() => undefined);
  return made !== undefined && now - made.mtimeMs > maxSilenceBefore;
}
