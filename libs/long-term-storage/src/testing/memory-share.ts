import { Readable } from 'node:stream';
import { newId, PermanentError, TransientError } from '#kernel';
import {
  LongTermStorage,
  type FileSetAside,
  type LongTermFile,
  type LongTermReadOptions,
  type LongTermWriter,
} from '../long-term-storage.js';
import { IdentityFile } from '../identity/storage-identity.js';
import { asideName, asideOf, checkedName, checkedPrefix, identityName, partialName } from '../names.js';
import { readOnly } from '../posix/share-errors.js';
import { rangeOf } from '../range.js';

/** Long-term storage in memory, with faults to order. */
export class MemoryShare extends LongTermStorage {
  override readonly name: string = 'memory';
  /** Bytes that fit on it, unfinished files included. Lower it to make it full. */
  capacity = Number.MAX_SAFE_INTEGER;
  /** As if the share were not mounted. */
  gone = false;
  /** As if the share were mounted for reading only. */
  readOnly = false;
  /** How many reads asked for fresh bytes. */
  freshReads = 0;
  protected readonly files = new Map<string, Buffer>();
  private readonly marks = new WeakMap<Buffer, string>();
  private readonly asides = new Map<string, Buffer>();
  protected readonly partials = new Map<string, { readonly name: string; readonly size: number }>();

  /** Damages a file: turns one bit of the byte at this position. */
  flipBit(name: string, position: number): void {
    const content = Buffer.from(this.contentOf(name));
    content[position] = (content[position] ?? 0) ^ 1;
    this.files.set(name, content);
  }

  /** Damages a file: keeps only its first bytes. */
  truncate(name: string, size: number): void {
    this.files.set(name, this.contentOf(name).subarray(0, size));
  }

  override get identity(): IdentityFile {
    return new IdentityFile(this);
  }

  /** As if another share were mounted in its place: `undefined` for an empty one. @returns puts the former one back */
  swapFor(other: MemoryShare | undefined): () => void {
    const [files, asides] = [new Map(this.files), new Map(this.asides)];
    const fill = (from: ReadonlyMap<string, Buffer>, to: Map<string, Buffer>): void => {
      to.clear();
      for (const [name, content] of from) to.set(name, content);
    };
    fill(other?.files ?? new Map<string, Buffer>(), this.files);
    fill(other?.asides ?? new Map<string, Buffer>(), this.asides);
    return () => {
      fill(files, this.files);
      fill(asides, this.asides);
    };
  }

  override create(name: string, token: string): Promise<LongTermWriter> {
    return this.whenWritable(() => {
      const partial = partialName(name, token);
      const writer: MemoryWriter = new MemoryWriter(name, {
        write: (added) => this.assertRoom(added),
        isOurs: () => this.partials.get(partial) === writer,
        publish: (content) => this.publish(name, partial, content),
        forget: () => this.partials.get(partial) === writer && this.partials.delete(partial),
      });
      this.partials.set(partial, writer);
      return writer;
    });
  }

  override read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    return this.whenThere(() => {
      const content = this.contentOf(checkedName(name));
      const { start, end } = rangeOf(name, content.length, options);
      if (options.fresh === true) this.freshReads += 1;
      return Readable.from(pieces(content.subarray(start, end)), { objectMode: false });
    });
  }

  override stat(name: string): Promise<{ size: number } | undefined> {
    return this.whenThere(() => {
      const content = this.files.get(checkedName(name));
      return content === undefined ? undefined : { size: content.length };
    });
  }

  override markOf(name: string): Promise<string | undefined> {
    return this.whenThere(() => {
      const content = this.files.get(checkedName(name));
      if (content === undefined) return undefined;
      const mark = this.marks.get(content) ?? newId();
      this.marks.set(content, mark);
      return mark;
    });
  }

  override assertWritable(): Promise<void> {
    return this.whenWritable(() => undefined);
  }

  override remove(name: string): Promise<void> {
    return this.whenWritable(() => void this.files.delete(checkedName(name)));
  }

  override setAside(name: string, token: string): Promise<boolean> {
    return this.whenWritable(() => move(this.files, checkedName(name), this.asides, asideName(name, token)));
  }

  override bringBack(name: string, token: string): Promise<boolean> {
    return this.whenWritable(() => {
      const aside = asideName(name, token);
      if (this.asides.has(aside) && this.files.has(name)) throw alreadyExists(name);
      return move(this.asides, aside, this.files, name);
    });
  }

  override removeSetAside(name: string, token: string): Promise<void> {
    return this.whenWritable(() => void this.asides.delete(asideName(name, token)));
  }

  override async *listSetAside(prefix: string): AsyncGenerator<FileSetAside, void, undefined> {
    checkedPrefix(prefix);
    await this.whenThere(() => undefined);
    for (const [entry, content] of [...this.asides]) {
      const aside = asideOf(entry);
      if (aside?.name.startsWith(prefix) === true) yield { ...aside, size: content.length };
    }
  }

  override freeBytes(): Promise<number> {
    return this.whenThere(() => Math.max(0, this.capacity - this.used()));
  }

  override async *list(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    checkedPrefix(prefix);
    await this.whenThere(() => undefined);
    for (const [name, content] of [...this.files]) {
      if (name.startsWith(prefix) && name !== identityName) yield { name, size: content.length };
    }
  }

  override removePartials(name: string, { exceptToken }: { exceptToken?: string } = {}): Promise<number> {
    return this.whenThere(() => {
      const kept = exceptToken === undefined ? '' : partialName(name, exceptToken);
      const doomed = [...this.partials].filter(([key, writer]) => writer.name === name && key !== kept);
      for (const [key] of doomed) this.partials.delete(key);
      return doomed.length;
    });
  }

  private contentOf(name: string): Buffer {
    const content = this.files.get(name);
    if (content !== undefined) return content;
    throw new PermanentError(
      'long-term-storage.not-found',
      `Expected "${name}" on ${this.name}, found no such file.`,
    );
  }

  private publish(name: string, partial: string, content: Buffer): void {
    if (this.files.has(name)) throw alreadyExists(name);
    this.files.set(name, content);
    this.partials.delete(partial);
  }

  private assertRoom(added: number): void {
    this.assertThere();
    if (this.used() + added > this.capacity) {
      throw new TransientError('long-term-storage.full', `Expected room for ${added} bytes, found none.`);
    }
  }

  private used(): number {
    const finished = [...this.files.values(), ...this.asides.values()].reduce(
      (sum, content) => sum + content.length,
      0,
    );
    return [...this.partials.values()].reduce((sum, writer) => sum + writer.size, finished);
  }

  private assertThere(): void {
    if (this.gone) {
      throw new TransientError('long-term-storage.unavailable', `Expected ${this.name}, found it gone.`);
    }
  }

  private whenWritable<T>(action: () => T): Promise<T> {
    return this.whenThere(() => {
      if (this.readOnly) throw readOnly(this.name, 'found it read-only');
      return action();
    });
  }

  private async whenThere<T>(action: () => T): Promise<T> {
    await Promise.resolve();
    this.assertThere();
    return action();
  }
}

interface Shelf {
  write(added: number): void;
  isOurs(): boolean;
  publish(content: Buffer): void;
  forget(): void;
}

class MemoryWriter implements LongTermWriter {
  size = 0;
  private readonly chunks: Buffer[] = [];
  private state: 'open' | 'failed' | 'closed' = 'open';

  constructor(
    readonly name: string,
    private readonly shelf: Shelf,
  ) {}

  write(chunk: Buffer): Promise<void> {
    return this.step(() => {
      this.shelf.write(chunk.length);
      this.chunks.push(Buffer.from(chunk));
      this.size += chunk.length;
    });
  }

  writeAt(position: number, chunk: Buffer): Promise<void> {
    return this.step(() => {
      this.shelf.write(0);
      if (position < 0 || position + chunk.length > this.size) {
        throw new PermanentError('long-term-storage.range-invalid', 'Expected bytes written before.');
      }
      const all = Buffer.concat(this.chunks.splice(0));
      chunk.copy(all, position);
      this.chunks.push(all);
    });
  }

  commit(): Promise<void> {
    return this.step(() => {
      this.shelf.write(0);
      if (!this.shelf.isOurs())
        throw new TransientError(
          'long-term-storage.writer-replaced',
          `Expected what this writer wrote of "${this.name}", found it removed or replaced.`,
        );
      this.shelf.publish(Buffer.concat(this.chunks));
      this.state = 'closed';
    });
  }

  discard(): Promise<void> {
    this.state = 'closed';
    this.shelf.forget();
    return Promise.resolve();
  }

  private async step(action: () => void): Promise<void> {
    await Promise.resolve();
    if (this.state !== 'open') throw closed(this.name, this.state);
    try {
      action();
    } catch (error) {
      this.state = 'failed';
      throw error;
    }
  }
}

function alreadyExists(name: string): PermanentError {
  return new PermanentError(
    'long-term-storage.already-exists',
    `Expected "${name}" to be free, found a file there; it was left as it is.`,
  );
}

/** @returns false when there is nothing to move */
function move<V>(from: Map<string, V>, key: string, to: Map<string, V>, newKey: string): boolean {
  const value = from.get(key);
  if (value === undefined) return false;
  to.set(newKey, value);
  return from.delete(key);
}

function closed(name: string, found: string): PermanentError {
  return new PermanentError(
    'long-term-storage.writer-closed',
    `Expected an open writer of "${name}", found it ${found}.`,
  );
}

function* pieces(content: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}
