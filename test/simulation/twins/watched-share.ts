import type { Readable } from 'node:stream';
import { PermanentError } from '#kernel';
import type { LongTermReadOptions } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';

/** A storage with a name of its own, whose files judges see. */
export class WatchedShare extends MemoryShare {
  /** Files that a cache remembers, and the medium never had: whoever asks for fresh bytes notices. */
  readonly lostOnMedium = new Set<string>();

  constructor(override readonly name: string) {
    super();
  }

  /** Files under their names, as the medium has them, without the storage's own. */
  get contents(): ReadonlyMap<string, Buffer> {
    const isThere = (name: string): boolean => !name.startsWith('.') && !this.lostOnMedium.has(name);
    return new Map([...this.files].filter(([name]) => isThere(name)));
  }

  override read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    if (options.fresh !== true || !this.lostOnMedium.has(name)) return super.read(name, options);
    return Promise.reject(
      new PermanentError('long-term-storage.not-found', `Expected "${name}" on ${this.name}, found nothing.`),
    );
  }

  forgetAll(): void {
    this.files.clear();
  }

  /** A copy of a file that lies elsewhere, for judges. */
  see(name: string, content: Buffer): void {
    this.files.set(name, content);
  }

  /** Names of files that are being written, or were given up. */
  get unfinished(): string[] {
    // That of an identity goes when its archiver looks at the storage again.
    return [...this.partials.keys()].filter((name) => !name.startsWith('.'));
  }
}
