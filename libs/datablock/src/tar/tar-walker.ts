import { CatenaError, PermanentError, TransientError, messageOf } from '#kernel';
import { paddingAfter } from './tar-header.js';

/**
 * Walks through the bytes of a datablock and holds each against what must stand there. The manifest determines every
 * byte that is not content, so nothing in a tar is ever *interpreted*: a link, a foreign header, a stray byte is simply
 * not what was expected.
 */
export class TarWalker {
  private readonly source: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);
  private at = 0;

  /** @param onChunk sees each chunk once, in order, as it comes from the stream. */
  constructor(
    stream: AsyncIterable<Uint8Array>,
    private readonly onChunk: (chunk: Uint8Array) => void | Promise<void> = () => undefined,
  ) {
    this.source = stream[Symbol.asyncIterator]();
  }

  /** Bytes passed so far. */
  get position(): number {
    return this.at;
  }

  /** Passes exactly these bytes. */
  async expect(expected: Buffer, where: string): Promise<void> {
    let done = 0;
    while (done < expected.length) {
      const found = await this.next(expected.length - done, where);
      const wanted = expected.subarray(done, done + found.length);
      if (Buffer.compare(found, wanted) !== 0) {
        const index = wanted.findIndex((byte, position) => byte !== found[position]);
        throw deviation(
          this.at - found.length + index,
          where,
          `byte ${hexOf(wanted[index])}`,
          `byte ${hexOf(found[index])}`,
        );
      }
      done += found.length;
    }
  }

  async expectZeros(count: number, where: string): Promise<void> {
    for (let left = count; left > 0; left -= zeros.length) {
      await this.expect(left >= zeros.length ? zeros : zeros.subarray(0, left), where);
    }
  }

  /** The next `size` bytes, as they come. */
  async *content(size: number, where: string): AsyncGenerator<Buffer, void, undefined> {
    for (let left = size; left > 0;) {
      const chunk = await this.next(left, where);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** The next `size` bytes as one buffer: only for sizes that were checked. */
  async whole(size: number, where: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.content(size, where)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async expectPadding(size: number, where: string): Promise<void> {
    await this.expectZeros(paddingAfter(size), `the padding after ${where}`);
  }

  async expectEnd(): Promise<void> {
    if (await this.fill()) throw deviation(this.at, 'the end', 'no more bytes', 'more bytes');
  }

  /** Lets go of the stream; a stream that was not read to its end is destroyed. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  /** At least one byte, at most `limit`. */
  private async next(limit: number, where: string): Promise<Buffer> {
    if (!(await this.fill())) throw deviation(this.at, where, 'more bytes', 'the end of the stream');
    const { buffer, byteOffset, length } = this.rest;
    const taken = Buffer.from(buffer, byteOffset, Math.min(limit, length));
    this.rest = this.rest.subarray(taken.length);
    this.at += taken.length;
    return taken;
  }

  private async fill(): Promise<boolean> {
    while (this.rest.length === 0) {
      const step = await this.pull();
      if (step.done === true) return false;
      this.rest = step.value;
      await this.onChunk(step.value);
    }
    return true;
  }

  private async pull(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.source.next();
    } catch (cause) {
      if (cause instanceof CatenaError) throw cause;
      throw new TransientError(
        'datablock.unreadable',
        `Expected to read on at byte ${this.at} of the datablock, but reading failed: ${messageOf(cause)}. Trying again may help.`,
        { details: { position: this.at }, cause },
      );
    }
  }
}

/** The one error of everything that is not as the manifest says. */
export function deviation(
  position: number,
  where: string,
  expected: string,
  found: string,
  path?: string,
): PermanentError {
  return new PermanentError(
    'datablock.verification-failed',
    `Expected ${expected} in ${where}, found ${found} (byte ${position} of the datablock). This copy is damaged: use another one, or archive again.`,
    { details: { position, where, expected, found, ...(path === undefined ? {} : { path }) } },
  );
}

function hexOf(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}

const zeros = Buffer.alloc(64 * 1024);
