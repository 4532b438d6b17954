import { createHash } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { newId, TransientError } from '#kernel';

/** Bytes of a part that is kept in memory: three of them are there at once. Beyond it, it lies in a file. */
export const maxPartInMemory = 32 * 1024 * 1024;
const pieceSize = 1024 * 1024;

/** What a part is compared with on its way. */
export interface PartDigests {
  /** Base64. */
  readonly md5: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/**
 * The bytes of one part until the store has them, so that it can be sent again: a store takes 10 000 parts, so those of an object of
 * terabytes have hundreds of megabytes. Large ones lie in a file of the system's folder for such (TMPDIR) that has no name: it goes
 * with the process, whatever ends that.
 */
export class PartBuffer {
  private filled = 0;

  private constructor(
    /** Bytes that it takes. */
    readonly capacity: number,
    private readonly bytes: Buffer | undefined,
    private readonly file: FileHandle | undefined,
  ) {}

  /** @throws TransientError `storage.no-temporary-file` */
  static async of(capacity: number, inMemory = maxPartInMemory, folder = tmpdir()): Promise<PartBuffer> {
    if (capacity <= inMemory) return new PartBuffer(capacity, Buffer.allocUnsafeSlow(capacity), undefined);
    return explained(capacity, async () => {
      const name = join(folder, `catena-part-${newId()}`);
      const file = await open(name, 'wx+', 0o600);
      await unlink(name);
      return new PartBuffer(capacity, undefined, file);
    });
  }

  static async holding(content: Buffer): Promise<PartBuffer> {
    const part = await PartBuffer.of(content.length, content.length);
    await part.write(content);
    return part;
  }

  /** Bytes so far. */
  get length(): number {
    return this.filled;
  }

  get isFull(): boolean {
    return this.filled === this.capacity;
  }

  /** @param position within what was written, or at its end. @throws TransientError `storage.no-temporary-file` */
  async write(content: Uint8Array, position = this.filled): Promise<void> {
    const end = position + content.length;
    if (position > this.filled || end > this.capacity)
      throw new RangeError(`Expected bytes within ${this.capacity}, found ${content.length} at ${position}.`);
    this.bytes?.set(content, position);
    if (this.file !== undefined) {
      const { file } = this;
      await explained(this.capacity, async () => {
        for (let done = 0; done < content.length;)
          done += (await file.write(content, done, content.length - done, position + done)).bytesWritten;
      });
    }
    this.filled = Math.max(this.filled, end);
  }

  /** Its bytes in order, in pieces that need little memory; once more from the beginning with each call. */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    for (let at = 0; at < this.filled; at += pieceSize) {
      const size = Math.min(pieceSize, this.filled - at);
      if (this.bytes !== undefined) yield this.bytes.subarray(at, at + size);
      else yield await this.pieceOfFile(at, size);
    }
  }

  async digests(): Promise<PartDigests> {
    const [md5, sha256] = [createHash('md5'), createHash('sha256')];
    for await (const piece of this.pieces()) {
      md5.update(piece);
      sha256.update(piece);
    }
    return { md5: md5.digest('base64'), sha256: sha256.digest('hex') };
  }

  /** As a request takes it; a stream is good for one request. */
  content(): Buffer | Readable {
    return this.bytes?.subarray(0, this.filled) ?? Readable.from(this.pieces(), { objectMode: false });
  }

  /** Takes other bytes from the beginning. */
  empty(): void {
    this.filled = 0;
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.file?.close();
  }

  private async pieceOfFile(at: number, size: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(size);
    for (let done = 0; done < size;) {
      const { bytesRead } = await this.file!.read(piece, done, size - done, at + done);
      if (bytesRead === 0)
        throw noTemporaryFile(this.capacity, new Error('it is shorter than what was written'));
      done += bytesRead;
    }
    return piece;
  }
}

/** Parts of one upload: those that were sent take the next bytes, as large buffers are found unused late. */
export class PartPool {
  private readonly free: PartBuffer[] = [];

  constructor(private readonly capacity: number) {}

  async take(): Promise<PartBuffer> {
    return this.free.pop() ?? (await PartBuffer.of(this.capacity));
  }

  giveBack(part: PartBuffer): void {
    part.empty();
    this.free.push(part);
  }

  async close(): Promise<void> {
    for (const part of this.free.splice(0)) await part.close();
  }
}

async function explained<T>(size: number, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw noTemporaryFile(size, error);
  }
}

function noTemporaryFile(size: number, cause: unknown): TransientError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new TransientError(
    'storage.no-temporary-file',
    `Expected room for a part of ${size} bytes in ${tmpdir()} (TMPDIR), found: ${found}. Make room there for three parts of each worker; it is tried again.`,
    { details: { size }, cause },
  );
}
