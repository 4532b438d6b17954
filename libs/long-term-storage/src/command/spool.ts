import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, newId, TransientError } from '#kernel';
import { errnoOf, unavailable } from '../posix/share-errors.js';

/** Room that one file takes in the spool until it is given back. */
export interface SpoolRoom {
  /** @throws TransientError `long-term-storage.full` */
  grow(bytes: number): void;
  giveBack(): void;
}

const prefix = 'catena-spool';

/**
 * The folder in which files wait for a client to send them, or for a reader. Each process has one of its own below it, and
 * removes those of processes that are no more.
 */
export class Spool {
  private used = 0;
  private made: Promise<string> | undefined;

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
  own(): Promise<string> {
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
    let taken = 0;
    return {
      grow: (bytes) => {
        if (this.used + bytes > this.limit) throw this.full(bytes);
        this.used += bytes;
        taken += bytes;
      },
      giveBack: () => {
        this.used -= taken;
        taken = 0;
      },
    };
  }

  private async make(): Promise<string> {
    const host = hostname();
    for (const entry of await readdir(this.folder))
      if (isOfTheDead(entry, host)) await rm(join(this.folder, entry), { recursive: true, force: true });
    const own = join(this.folder, [prefix, host, process.pid, newId()].join('@'));
    for (const part of ['in', 'out']) await mkdir(join(own, part), { recursive: true, mode: 0o700 });
    return own;
  }

  private full(bytes: number): TransientError {
    return new TransientError(
      'long-term-storage.full',
      `Expected room for ${bytes} bytes in the spool ${this.folder} of ${this.storage}, found ${this.free} of ${this.limit} free. Work waits until other files are through; raise spoolLimit if that is too often.`,
      { details: { storage: this.storage, bytes, free: this.free } },
    );
  }
}

/** Of a process of this machine that is no more. What another machine, or a stranger, left is not ours to judge. */
function isOfTheDead(entry: string, host: string): boolean {
  const [mark, machine, pid = '', id] = entry.split('@');
  if (mark !== prefix || machine !== host || id === undefined) return false;
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0 || number === process.pid) return false;
  try {
    process.kill(number, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
}
