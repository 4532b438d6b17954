import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { Failure, foundText, helpText, nameText } from '#command-line';
import type { FoundFile } from './walk.js';

const chunkBytes = 1 << 20;
/** A pipe that took the place of a file would wait for a writer. */
export const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file that must stay as it is while it is read. */
export class SteadyFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly absolute: string,
    private readonly file: FoundFile,
    private readonly identity: string,
  ) {}

  /** @throws Failure when it is no longer the file that was found */
  static async open(root: string, file: FoundFile): Promise<SteadyFile> {
    const absolute = `${root}/${file.path}`;
    const handle = await open(absolute, readOnly).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ELOOP') throw changed(file);
      throw unreadable(file, error);
    });
    const steady = new SteadyFile(handle, absolute, file, identityOf(await handle.stat({ bigint: true })));
    try {
      await steady.assertUnchanged();
    } catch (error) {
      await handle.close();
      throw error;
    }
    return steady;
  }

  /** The bytes from `start` on, exactly as many as asked for. */
  async *read(start: number, length: number): AsyncGenerator<Buffer> {
    let position = start;
    while (position < start + length) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, start + length - position));
      const { bytesRead } = await this.handle
        .read(buffer, 0, buffer.length, position)
        .catch((error: unknown) => {
          throw unreadable(this.file, error);
        });
      if (bytesRead === 0) throw changed(this.file);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** The handle still is what it was, and the name still leads to it. */
  async assertUnchanged(): Promise<void> {
    const now = await this.handle.stat({ bigint: true });
    const named = await lstat(this.absolute, { bigint: true }).catch(() => undefined);
    const same =
      now.isFile() &&
      named !== undefined &&
      identityOf(now) === this.identity &&
      identityOf(named) === this.identity &&
      Number(now.size) === this.file.size &&
      String(now.mtimeNs) === this.file.modified;
    if (!same) throw changed(this.file);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

function identityOf({
  dev,
  ino,
  size,
  mtimeNs,
}: {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
}): string {
  return [dev, ino, size, mtimeNs].join(':');
}

function unreadable({ path }: FoundFile, error: unknown): Failure {
  return new Failure(
    'failed',
    `Expected to read ${nameText(path)}, found ${foundText(error)}. ${helpText(error)} and run the same command again.`,
    error,
  );
}

function changed({ path }: FoundFile): Failure {
  return new Failure(
    'failed',
    `Expected ${nameText(path)} to stay as it is while it is sent, found it changed. Run the same command again when nobody writes to it any more.`,
  );
}
