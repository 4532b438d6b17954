import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

const chunkBytes = 1024 * 1024;

/** Reads a part of an open file in chunks of 1 MiB, one chunk ahead of the consumer, and closes it in the end. */
export class ShareReader extends Readable {
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly handle: FileHandle,
    private position: number,
    private readonly end: number,
    private readonly explain: (error: unknown) => Error,
  ) {
    super({ highWaterMark: chunkBytes });
  }

  override _read(): void {
    this.busy = this.readChunk();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const finish = (): void => done(error);
    this.busy.then(() => this.handle.close()).then(finish, finish);
  }

  private async readChunk(): Promise<void> {
    const wanted = Math.min(chunkBytes, this.end - this.position);
    if (wanted <= 0) return void this.push(null);
    try {
      const { bytesRead, buffer } = await this.handle.read(
        Buffer.allocUnsafeSlow(wanted),
        0,
        wanted,
        this.position,
      );
      this.position += bytesRead;
      // An early end is not judged here: the caller that knows the digest will miss the bytes.
      this.push(bytesRead === 0 ? null : buffer.subarray(0, bytesRead));
    } catch (error) {
      this.destroy(this.explain(error));
    }
  }
}

/**
 * Asks the kernel to forget its copy of a file's content. Node cannot (`posix_fadvise` is not offered), but `dd` can:
 * with `nocache` and nothing to copy it gives just this advice. Best effort: without `dd`, or where the kernel does not
 * follow the advice, nothing happens. Caches of the server or in the disk are out of reach.
 */
export function dropFromPageCache(path: string): Promise<void> {
  return new Promise((resolve) => {
    const process = spawn('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'], {
      stdio: 'ignore',
    });
    process.once('error', () => resolve());
    process.once('close', () => resolve());
  });
}
