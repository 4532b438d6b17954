import { PermanentError, TransientError, CatenaError } from '#kernel';
import type { LongTermStorage, LongTermWriter } from '../long-term-storage.js';
import type { SpoolRoom } from './spool.js';

export interface CommandFile {
  readonly name: string;
  /** The spool, as a storage of its own. */
  readonly local: LongTermStorage;
  readonly inner: LongTermWriter;
  readonly room: SpoolRoom;
  /** Sends what lies in the spool under the name. */
  send(size: number): Promise<void>;
}

/** Writes into the spool; a commit sends the whole file. */
export class CommandWriter implements LongTermWriter {
  private size = 0;

  constructor(private readonly file: CommandFile) {}

  get name(): string {
    return this.file.name;
  }

  async write(chunk: Buffer): Promise<void> {
    this.file.room.grow(chunk.length);
    await this.file.inner.write(chunk);
    this.size += chunk.length;
  }

  writeAt(position: number, chunk: Buffer): Promise<void> {
    return this.file.inner.writeAt(position, chunk);
  }

  async commit(): Promise<void> {
    const { name, local, inner, room } = this.file;
    await inner.commit().catch((error: unknown) => {
      throw isTaken(error) ? anotherSends(name, error) : error;
    });
    try {
      await this.file.send(this.size);
    } finally {
      await local.remove(name);
      room.giveBack();
    }
  }

  async discard(): Promise<void> {
    this.file.room.giveBack();
    await this.file.inner.discard();
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof PermanentError && error.code === 'long-term-storage.already-exists';
}

function anotherSends(name: string, cause: unknown): CatenaError {
  return new TransientError(
    'long-term-storage.busy',
    `Expected to be the only one who sends "${name}", found another writer of this archiver doing so.`,
    { details: { name }, cause },
  );
}
