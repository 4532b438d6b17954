import { type FileHandle, lstat, unlink } from 'node:fs/promises';
import { PermanentError, TransientError, crashPoint, type CatenaError } from '#kernel';
import type { LongTermWriter } from '../long-term-storage.js';
import { publish } from './publish.js';
import { errnoOf } from './share-errors.js';

/** What the share lends to its writers. */
export interface ShareFile {
  readonly share: string;
  readonly name: string;
  readonly partial: string;
  readonly final: string;
  readonly hardLinks: boolean;
  readonly handle: FileHandle;
  /** Makes the entries of the file's folder, and of the folders above, durable. */
  syncFolders(): Promise<void>;
  /** Undefined when what is looked for is missing from a share that is there. */
  lookFor<T>(look: () => Promise<T>): Promise<T | undefined>;
  /** What an error of the file system means, a share that went away included. */
  faultOf(error: unknown): Promise<CatenaError>;
}

/**
 * Bytes after which what was written goes to the disk while the next ones come. All of them at the end would make a copy last as long
 * as reading its source and writing it, one after the other, as the system itself begins late.
 */
const syncEvery = 64 * 1024 * 1024;

export class ShareWriter implements LongTermWriter {
  private end = 0;
  private state: 'open' | 'failed' | 'closed' = 'open';
  private underWay: Promise<unknown> = Promise.resolve();
  private syncing: Promise<void> | undefined;
  /** Where the last synchronisation began. */
  private synced = 0;
  /** The system tells of bytes that it could not write once, and to whoever asks first. */
  private syncFailure: { readonly error: unknown } | undefined;

  constructor(private readonly file: ShareFile) {}

  get name(): string {
    return this.file.name;
  }

  async write(chunk: Buffer): Promise<void> {
    await this.step(() => this.writeAll(this.end, chunk));
    this.end += chunk.length;
    this.syncBehind();
    crashPoint('long-term-storage.mid-write');
  }

  async writePieces(pieces: readonly Buffer[]): Promise<void> {
    await this.step(() => this.writeEach(this.end, pieces));
    this.end += bytesOf(pieces);
    this.syncBehind();
    crashPoint('long-term-storage.mid-write');
  }

  async writeAt(position: number, chunk: Buffer): Promise<void> {
    if (position < 0 || position + chunk.length > this.end) {
      throw new PermanentError(
        'long-term-storage.range-invalid',
        `Expected to overwrite within the ${this.end} bytes of "${this.name}", found ${chunk.length} bytes at ${position}.`,
      );
    }
    await this.step(() => this.writeAll(position, chunk));
  }

  async commit(): Promise<void> {
    try {
      await this.step(async () => {
        await this.syncing;
        this.assertSynced();
        await this.file.handle.sync();
        await this.assertStillOurs();
        await publish(this.file.partial, this.file.final, this.file.hardLinks).catch(
          async (error: unknown) => {
            // It was removed after the look: that is no file that is missing.
            if (errnoOf(error) === 'ENOENT') await this.assertStillOurs();
            throw error;
          },
        );
        this.state = 'closed';
        await this.file.syncFolders();
      });
    } finally {
      if (this.state === 'closed') await this.file.handle.close();
    }
  }

  async discard(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    await this.underWay;
    await this.syncing;
    try {
      if (await this.isOurs()) await unlink(this.file.partial);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw await this.file.faultOf(error);
    } finally {
      await this.file.handle.close();
    }
  }

  /** After one failure nothing more is accepted: the bytes are no longer what the caller thinks. */
  private async step(action: () => Promise<void>): Promise<void> {
    if (this.state !== 'open') {
      throw new PermanentError(
        'long-term-storage.writer-closed',
        `Expected an open writer of "${this.name}", found it ${this.state}. Discard it and begin again.`,
      );
    }
    const running = this.unlessUnsynced(action);
    this.underWay = running.catch(() => undefined);
    try {
      await running;
    } catch (error) {
      if (this.state === 'open') this.state = 'failed';
      throw await this.file.faultOf(error);
    }
  }

  /** Never rejects: a failure is met by the next step. */
  private syncBehind(): void {
    if (this.syncing !== undefined || this.state !== 'open' || this.end - this.synced < syncEvery) return;
    this.synced = this.end;
    this.syncing = this.file.handle
      .sync()
      .catch((error: unknown) => void (this.syncFailure = { error }))
      .finally(() => (this.syncing = undefined));
  }

  private assertSynced(): void {
    if (this.syncFailure !== undefined) throw this.syncFailure.error;
  }

  private async unlessUnsynced(action: () => Promise<void>): Promise<void> {
    this.assertSynced();
    await action();
  }

  private async assertStillOurs(): Promise<void> {
    if (await this.isOurs()) return;
    throw new TransientError(
      'long-term-storage.writer-replaced',
      `Expected ${this.file.partial} to be what this writer wrote, found it removed or replaced. It is written again, unless another archiver does.`,
      { details: { storage: this.file.share, name: this.name } },
    );
  }

  /** A later writer with the same token, or a process that removed our partial, must not meet us publishing or removing its bytes. */
  private async isOurs(): Promise<boolean> {
    const ours = await this.file.handle.stat();
    const found = await this.file.lookFor(() => lstat(this.file.partial));
    return found !== undefined && found.ino === ours.ino && found.dev === ours.dev;
  }

  /** One call may write less than asked for, above all when the share is nearly full. */
  private async writeAll(position: number, chunk: Buffer): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await this.file.handle.write(
        chunk,
        done,
        chunk.length - done,
        position + done,
      );
      done += bytesWritten;
    }
  }

  private async writeEach(position: number, pieces: readonly Buffer[]): Promise<void> {
    const { bytesWritten } = await this.file.handle.writev(pieces, position);
    if (bytesWritten === bytesOf(pieces)) return;
    let done = bytesWritten;
    let end = 0;
    for (const piece of pieces) {
      end += piece.length;
      if (end <= done) continue;
      await this.writeAll(position + done, piece.subarray(piece.length - (end - done)));
      done = end;
    }
  }
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
