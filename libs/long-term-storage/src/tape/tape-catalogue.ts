import { appendFile, open } from 'node:fs/promises';
import { newId } from '#kernel';
import { errnoOf } from '../posix/share-errors.js';
import type { TapePlace } from './tape-drives.js';

interface Line extends Partial<TapePlace> {
  readonly name: string;
  readonly removed?: true;
}

/**
 * Where files lie: one line of JSON for each file written or removed, in a file that only grows. Several processes may
 * append; each fills cartridges of its own, as a drive does that has one in it.
 */
export class TapeCatalogue {
  private readonly places = new Map<string, TapePlace>();
  private readonly label = newId().slice(0, 6).toUpperCase();
  private offset = 0;
  private rest = '';
  private reading: Promise<void> = Promise.resolve();
  private current = { number: 0, used: 0 };

  constructor(
    private readonly path: string,
    /** Bytes of a cartridge; a larger file has one to itself. */
    private readonly cartridgeBytes: number,
  ) {}

  async find(name: string): Promise<TapePlace | undefined> {
    const reading = this.reading.then(() => this.catchUp());
    this.reading = reading.catch(() => undefined);
    await reading;
    return this.places.get(name);
  }

  /** Where the next file goes. */
  placeFor(size: number): TapePlace {
    if (this.current.used > 0 && this.current.used + size > this.cartridgeBytes)
      this.current = { number: this.current.number + 1, used: 0 };
    const start = this.current.used;
    this.current.used += size;
    const cartridge = `${this.label}${String(this.current.number).padStart(3, '0')}`;
    return { cartridge, start, end: start + size };
  }

  add(name: string, place: TapePlace): Promise<void> {
    return this.append({ name, ...place });
  }

  remove(name: string): Promise<void> {
    return this.append({ name, removed: true });
  }

  private async append(line: Line): Promise<void> {
    await appendFile(this.path, `${JSON.stringify(line)}\n`, { flush: true });
  }

  /** Reads what was appended since, by whomever. */
  private async catchUp(): Promise<void> {
    const handle = await open(this.path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (handle === undefined) return;
    try {
      const { buffer, bytesRead } = await handle.read({
        buffer: Buffer.alloc((await handle.stat()).size - this.offset),
        position: this.offset,
      });
      this.offset += bytesRead;
      const lines = (this.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.rest = lines.pop() ?? '';
      for (const text of lines) this.apply(JSON.parse(text) as Line);
    } finally {
      await handle.close();
    }
  }

  private apply({ name, removed, cartridge, start, end }: Line): void {
    if (removed === true || cartridge === undefined || start === undefined || end === undefined)
      this.places.delete(name);
    else this.places.set(name, { cartridge, start, end });
  }
}
