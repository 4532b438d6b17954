import type { Readable } from 'node:stream';
import { TransientError } from '#kernel';
import type { IdentityFile } from './identity/storage-identity.js';

/** Which part to read, and how. */
export interface LongTermReadOptions {
  /** First byte. Default 0; an offset at or past the end of a file that is not empty is refused. */
  readonly offset?: number;
  /** Most bytes to read. Default: to the end. */
  readonly length?: number;
  /**
   * Asks for bytes from the medium instead of from a cache of this machine, as far as that can be had. A verification
   * that reads what memory remembers proves little.
   */
  readonly fresh?: boolean;
  /** Ends the wait for a tape, and the reading. */
  readonly signal?: AbortSignal;
}

/** What a storage may know of a file before it is written. */
export interface LongTermWriteOptions {
  /** Bytes that will be written, where that is known: room is kept for them. */
  readonly size?: number;
  /** Ends what takes long, also in a commit: what was sent until then is taken back, unless it could be another
   * writer's: half a file may stay under the name on a storage that can only write there. */
  readonly signal?: AbortSignal;
}

/** A file on long-term storage. */
export interface LongTermFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Where a file lies on a medium that is put into a drive. */
export interface MediumPlace {
  /** The label of the cartridge. */
  readonly medium: string;
  /** Grows from the beginning of the medium to its end, in whatever the storage counts: it orders, and measures nothing. */
  readonly position: number;
}

/** A file that was set aside. */
export interface FileSetAside extends LongTermFile {
  /** What it was set aside with. */
  readonly token: string;
}

/**
 * A file on its way to long-term storage, invisible under its name until committed. A sink for `writeDatablock`. Calls
 * must not overlap, except that `discard` may come at any time.
 */
export interface LongTermWriter {
  readonly name: string;

  /** Appends. @throws TransientError `long-term-storage.full`, `long-term-storage.unavailable` */
  write(chunk: Buffer): Promise<void>;

  /** Appends all of them in this order, where a storage can without copying them together first. Same errors as `write`. */
  writePieces?(pieces: readonly Buffer[]): Promise<void>;

  /** Overwrites bytes appended before. Same errors as `write`. */
  writeAt(position: number, chunk: Buffer): Promise<void>;

  /**
   * Makes the bytes durable, then visible under the name, whole and at once. A name that is taken is never overwritten.
   *
   * @throws PermanentError `long-term-storage.already-exists`; what was written is still there to be discarded
   * @throws PermanentError `long-term-storage.writer-closed` after a failed write, a commit or a discard
   * @throws TransientError `long-term-storage.writer-replaced` when another process removed or replaced what was written
   */
  commit(): Promise<void>;

  /** Throws the written bytes away. Does nothing after a commit, so it may stand in any `finally`. */
  discard(): Promise<void>;
}

/**
 * Storage that keeps datablocks for decades: write once, read rarely. Names are relative, slash-separated paths (see
 * `safeRelativePath`); their last part must leave room for a suffix and not look like one (`.partial`, `.publishing`, `.discarded`).
 *
 * All methods throw TransientError `long-term-storage.unavailable` while the storage is away, and PermanentError
 * `long-term-storage.name-invalid`, `long-term-storage.unsafe-link` or `kernel.unsafe-path` for names that must not be used.
 */
export abstract class LongTermStorage {
  /** What operators call it; part of records and messages. */
  abstract readonly name: string;

  /**
   * What it says of itself, where another place can be mounted or configured in its stead. Undefined where its server says
   * who it is.
   */
  get identity(): IdentityFile | undefined {
    return undefined;
  }

  /** Whether it fetches a whole file for every read, however few bytes are wanted: then one long range is better than many. */
  get fetchesWhole(): boolean {
    return false;
  }

  /**
   * Begins a file. Writers with different tokens never disturb each other; a second writer with the same token takes
   * the place of the first, whose bytes are gone.
   *
   * @param token who writes: a fencing token or attempt id of at most 64 letters, digits, `-` or `_`
   */
  abstract create(name: string, token: string, options?: LongTermWriteOptions): Promise<LongTermWriter>;

  /** @throws PermanentError `long-term-storage.not-found`, `long-term-storage.range-invalid` */
  abstract read(name: string, options?: LongTermReadOptions): Promise<Readable>;

  /** Undefined when there is no such file; unfinished files do not count. */
  abstract stat(name: string): Promise<{ readonly size: number } | undefined>;

  /**
   * What tells the bytes under a name from any that may come there later: it changes when they do. Undefined where nobody can say
   * that, or there is no such file.
   */
  markOf(name: string): Promise<string | undefined> {
    void name;
    return Promise.resolve(undefined);
  }

  /** Media that it reads at once, where they have to be put into drives; undefined: it has none, or nobody knows. */
  get mediaAtOnce(): number | undefined {
    return undefined;
  }

  /** Whether {@link placeOf} can answer: nobody is asked where it cannot. */
  get knowsPlaces(): boolean {
    return false;
  }

  /**
   * Where the bytes of a file lie, so that many are read in the order of the tape. A hint: it may be another place by the time that
   * they are read. Undefined where it makes no difference, nobody knows, or there is no such file.
   */
  placeOf(name: string): Promise<MediumPlace | undefined> {
    void name;
    return Promise.resolve(undefined);
  }

  /** Looks, before anything is read for it, whether it can be written now. @throws TransientError as a writer would */
  async assertWritable(): Promise<void> {
    await this.freeBytes();
  }

  /** Removes a file; a file that is not there is fine. */
  abstract remove(name: string): Promise<void>;

  /**
   * Takes a file out of the way without destroying it: nobody finds it under its name, which is free again.
   *
   * @param token tells several files of one name apart: at most 64 letters, digits, `-` or `_`
   * @returns false when there is no such file
   */
  abstract setAside(name: string, token: string): Promise<boolean>;

  /**
   * Gives a file that was set aside its name again.
   *
   * @returns false when there is no such file
   * @throws PermanentError `long-term-storage.already-exists` when the name is taken; both files stay
   */
  abstract bringBack(name: string, token: string): Promise<boolean>;

  /** Removes a file that was set aside, for good; one that is not there is fine. */
  abstract removeSetAside(name: string, token: string): Promise<void>;

  /** Whether this very file is set aside with this token. */
  async isSetAside(name: string, token: string): Promise<boolean> {
    for await (const aside of this.listSetAside(name))
      if (aside.name === name && aside.token === token) return true;
    return false;
  }

  /** Files set aside whose former name starts with the prefix, in no particular order. */
  abstract listSetAside(prefix: string): AsyncIterable<FileSetAside>;

  /** Bytes that can still be written. */
  abstract freeBytes(): Promise<number>;

  /** Finished files whose name starts with the prefix, in no particular order, without holding the list in memory. */
  abstract list(prefix: string): AsyncIterable<LongTermFile>;

  /**
   * Removes what dead writers of this name left behind. Only for the one writer of the name: a writer that
   * is still alive loses its bytes, and its commit fails.
   *
   * @returns how many were removed
   */
  abstract removePartials(name: string, options?: { readonly exceptToken?: string }): Promise<number>;

  /**
   * Looks for room before anything is written.
   *
   * @param bytes about to be written
   * @param reserve bytes to be left free after that
   * @throws TransientError `long-term-storage.full`
   */
  async ensureRoom(bytes: number, reserve: number): Promise<void> {
    const free = await this.freeBytes();
    if (free < bytes + reserve) {
      throw new TransientError(
        'long-term-storage.full',
        `Expected room for ${bytes} bytes and a reserve of ${reserve} on ${this.name}, found ${free} free. Make room; the job goes on by itself.`,
        { details: { storage: this.name, bytes, reserve, free } },
      );
    }
  }
}
