import { close, read, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError, safeRelativePath, TransientError } from '#kernel';
import type { DatablockMember } from './member.js';
import { openRegularFile, statOf, type OpenFile } from './regular-file.js';
import { differenceOf, type RegisteredFile } from './small-files/registered-file.js';
import { SmallFiles, maxSmallFile } from './small-files/small-files.js';
import { WholeContent } from './small-files/whole-content.js';

const readBytes = 1024 * 1024;
const smallFiles = new SmallFiles();

/**
 * A file below a local folder as a member, with the size, time and permissions it has now.
 *
 * @throws Error of the file system, PermanentError `kernel.unsafe-path`
 */
export async function memberFromFile(folder: string, path: string): Promise<DatablockMember> {
  const { size, mtime, mode } = await stat(join(folder, safeRelativePath(path)));
  return {
    path,
    size,
    modifiedAt: mtime,
    permissions: mode & 0o777,
    open: async () => new FileContent(path, await openRegularFile(await realpath(folder), path)),
  };
}

/**
 * The content of a registered file, if it is still the file that was registered: size and modification time of the opened
 * file are compared before the first byte, and again after the last one.
 *
 * @param root the real path of the folder, links resolved
 * @param tolerance milliseconds by which the times may differ; 0: not at all, as far as the catalogue keeps times
 * @throws PermanentError `datablock.member-changed`, `datablock.not-a-file`, `datablock.outside-folder`
 * @throws Error of the file system; the content may also end with TransientError `datablock.member-unreadable`
 */
export async function openRegisteredFile(
  root: string,
  registered: RegisteredFile,
  tolerance: number,
): Promise<AsyncIterable<Buffer>> {
  const small = await smallContent(root, registered, tolerance);
  if (small !== undefined) return new WholeContent(small);
  const file = await openRegularFile(root, registered.path);
  const difference = differenceOf(file.found, registered, tolerance);
  if (difference === undefined) return new FileContent(registered.path, file);
  close(file.descriptor, () => undefined);
  throw changed(registered.path, difference);
}

/** Undefined: only the careful way tells what it is. */
async function smallContent(
  root: string,
  registered: RegisteredFile,
  tolerance: number,
): Promise<Buffer | undefined> {
  const { path, size, modifiedAt } = registered;
  // Elsewhere nothing tells where an open descriptor really is.
  if (process.platform !== 'linux' || size > maxSmallFile) return undefined;
  return smallFiles.read({ root, path: safeRelativePath(path), size, modifiedAt, tolerance });
}

/** The same look at a file whose content nobody wants now. @throws as `openRegisteredFile` */
export async function assertRegisteredFile(
  root: string,
  registered: RegisteredFile,
  tolerance: number,
): Promise<void> {
  const { descriptor, found } = await openRegularFile(root, registered.path);
  close(descriptor, () => undefined);
  const difference = differenceOf(found, registered, tolerance);
  if (difference !== undefined) throw changed(registered.path, difference);
}

function changed(path: string, difference: string): PermanentError {
  return new PermanentError(
    'datablock.member-changed',
    `${difference}, in ${JSON.stringify(path)}: it changed after it was registered. Register it again.`,
    { details: { path } },
  );
}

/**
 * Plain descriptors and callbacks: with thousands of small files the objects of `ReadStream` (or `FileHandle`) would
 * cost several times as much as the reading.
 */
class FileContent implements AsyncIterable<Buffer> {
  private closed = false;
  private reading: Promise<{ buffer: Buffer; bytesRead: number }> | undefined;
  private readonly descriptor: number;
  private readonly found: Stats;

  constructor(
    private readonly path: string,
    { descriptor, found }: OpenFile,
  ) {
    this.descriptor = descriptor;
    this.found = found;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    let seen = 0;
    this.reading = this.read(seen);
    try {
      for (;;) {
        const { buffer, bytesRead } = await this.reading;
        seen += bytesRead;
        const last = bytesRead < buffer.length || seen > this.found.size;
        // The next read runs while the consumer hashes this chunk.
        if (!last) this.reading = this.read(seen);
        // Before the last chunk is given out: who has all bytes may rely on them.
        if (last) await this.assertUnchanged();
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
        if (last) return;
      }
    } finally {
      this.destroy();
    }
  }

  /** Also for content that was opened ahead and is not wanted any more. */
  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    // Read only: nothing can be lost by an error here.
    const end = (): void => close(this.descriptor, () => undefined);
    // Nobody may be given its number while a read is under way, and nobody may be left to meet that one's failure.
    if (this.reading === undefined) end();
    else this.reading.then(end, end);
  }

  /** The bytes read so far may be a mixture of two versions. */
  private async assertUnchanged(): Promise<void> {
    const now = await statOf(this.descriptor);
    if (now.size !== this.found.size || now.mtimeMs !== this.found.mtimeMs)
      throw changed(this.path, 'Expected the same file before and after it was read, found another');
    // Rights or links of it changed, or its time was set back after it had been written to: reading again tells.
    if (now.ctimeMs !== this.found.ctimeMs)
      throw new TransientError(
        'datablock.member-unreadable',
        `Expected ${JSON.stringify(this.path)} to be left alone while it is read, found its attributes changed.`,
        { details: { path: this.path } },
      );
  }

  private read(seen: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    // One byte more than announced shows growth, and saves the last read that only finds the end.
    const wanted = Math.max(1, Math.min(readBytes, this.found.size - seen + 1));
    const buffer = Buffer.allocUnsafe(wanted);
    return new Promise((resolve, reject) => {
      read(this.descriptor, buffer, 0, wanted, seen, (error, bytesRead) =>
        error === null ? resolve({ buffer, bytesRead }) : reject(error),
      );
    });
  }
}
