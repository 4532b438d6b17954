import { close, open, read } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { safeRelativePath } from '#kernel';
import type { DatablockMember } from './member.js';

const readBytes = 1024 * 1024;

/**
 * A file below a local folder as a member, with the size, time and permissions it has now.
 *
 * @throws Error of the file system, PermanentError `kernel.unsafe-path`
 */
export async function memberFromFile(folder: string, path: string): Promise<DatablockMember> {
  const file = join(folder, safeRelativePath(path));
  const { size, mtime, mode } = await stat(file);
  return {
    path,
    size,
    modifiedAt: mtime,
    permissions: mode & 0o777,
    open: async () => new FileContent(await openForReading(file), size),
  };
}

/**
 * Plain descriptors and callbacks: with thousands of small files the objects of `ReadStream` (or `FileHandle`) would
 * cost several times as much as the reading.
 */
class FileContent implements AsyncIterable<Buffer> {
  private closed = false;

  constructor(
    private readonly descriptor: number,
    private readonly announced: number,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    let seen = 0;
    let reading = this.read(seen);
    try {
      for (;;) {
        const { buffer, bytesRead } = await reading;
        seen += bytesRead;
        if (bytesRead === 0) return;
        const last = bytesRead < buffer.length || seen > this.announced;
        // The next read runs while the consumer hashes this chunk.
        if (!last) reading = this.read(seen);
        yield buffer.subarray(0, bytesRead);
        if (last) return;
      }
    } finally {
      await reading.catch(() => undefined);
      this.destroy();
    }
  }

  /** Also for content that was opened ahead and is not wanted any more. */
  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    // Read only: nothing can be lost by an error here.
    close(this.descriptor, () => undefined);
  }

  private read(seen: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    // One byte more than announced shows growth, and saves the last read that only finds the end.
    const wanted = Math.max(1, Math.min(readBytes, this.announced - seen + 1));
    const buffer = Buffer.allocUnsafe(wanted);
    return new Promise((resolve, reject) => {
      read(this.descriptor, buffer, 0, wanted, seen, (error, bytesRead) =>
        error === null ? resolve({ buffer, bytesRead }) : reject(error),
      );
    });
  }
}

function openForReading(file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(file, 'r', (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)));
  });
}
