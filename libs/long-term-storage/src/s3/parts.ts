import { PermanentError } from '#kernel';
import { PartBuffer } from '#storage';

/** Bytes of one part that is not sent yet; without content: nothing but zeros. */
interface HeldPart {
  readonly number: number;
  readonly start: number;
  readonly size: number;
  content?: PartBuffer;
}

/** A part that can go. Whoever takes it closes its content. */
export interface FullPart {
  readonly number: number;
  readonly content: PartBuffer;
}

const maxParts = 10_000;
/** Of a file whose size nobody knows beforehand: parts grow, so that a terabyte fits and a small file needs little memory. */
const partsOfOneSize = 2000;

/**
 * Cuts a file into parts. A datablock begins with zeros, which its writer replaces by the list of its files at the end: that
 * front is held back, zeros as a number, up to the part in which other bytes begin. Everything after it goes at once.
 */
export class Parts {
  private readonly front: HeldPart[] = [];
  private frontEnds = false;
  private number = 0;
  private start = 0;
  private current: PartBuffer | undefined;
  /** Whether something else than zeros is in the current part. */
  private hasContent = false;

  /** @param size of the whole file, where that is known */
  constructor(
    private readonly name: string,
    private readonly partBytes: number,
    private readonly size = 0,
  ) {}

  /** Bytes so far. */
  get end(): number {
    return this.start + (this.current?.length ?? 0);
  }

  async *add(chunk: Buffer): AsyncGenerator<FullPart, void, undefined> {
    for (let rest = chunk; rest.length > 0;) {
      if (this.current?.isFull === true) yield* this.closeCurrent(this.current);
      this.current ??= await PartBuffer.of(this.nextSize);
      const fitting = rest.subarray(0, this.current.capacity - this.current.length);
      await this.current.write(fitting);
      this.hasContent ||= !this.frontEnds && !isZero(fitting);
      rest = rest.subarray(fitting.length);
    }
  }

  /** @throws PermanentError `long-term-storage.range-invalid` for bytes that are not there, or were sent already */
  async overwrite(position: number, chunk: Buffer): Promise<void> {
    const last = this.front.at(-1);
    const heldUpTo = this.frontEnds && last !== undefined ? last.start + last.size : this.start;
    const isHeld = position + chunk.length <= heldUpTo || position >= this.start;
    if (position < 0 || position + chunk.length > this.end || (this.frontEnds && !isHeld))
      throw new PermanentError(
        'long-term-storage.range-invalid',
        `Expected to overwrite within the ${this.end} bytes of "${this.name}", in front of what was sent (up to ${heldUpTo}), found ${chunk.length} bytes at ${position}.`,
      );
    for (const part of this.front) {
      const content = overlapOf(position, chunk, part);
      if (content === undefined) continue;
      part.content ??= await zerosOf(part.size);
      await part.content.write(content.bytes, content.at);
    }
    const own = overlapOf(position, chunk, { start: this.start, size: this.current?.length ?? 0 });
    if (own === undefined) return;
    await this.current!.write(own.bytes, own.at);
    this.hasContent ||= !isZero(own.bytes);
  }

  /** The end of the file: its last part, and the front. */
  async *finish(): AsyncGenerator<FullPart, void, undefined> {
    if (this.current !== undefined) yield* this.closeCurrent(this.current);
    for (let held = this.front.shift(); held !== undefined; held = this.front.shift())
      yield { number: held.number, content: held.content ?? (await zerosOf(held.size)) };
  }

  /** Of a file that is not to be. */
  async close(): Promise<void> {
    await this.current?.close();
    for (const { content } of this.front) await content?.close();
  }

  /** Bytes of the part that comes next. */
  private get nextSize(): number {
    const { start, size, partBytes, number } = this;
    if (start < size) return Math.max(partBytes, Math.ceil(size / maxParts));
    return partBytes * 2 ** Math.floor(number / partsOfOneSize);
  }

  private async *closeCurrent(content: PartBuffer): AsyncGenerator<FullPart, void, undefined> {
    const { hasContent, frontEnds } = this;
    const part = { number: (this.number += 1), start: this.start, size: content.length };
    this.start += content.length;
    this.current = undefined;
    this.hasContent = false;
    if (frontEnds) return yield { number: part.number, content };
    this.frontEnds = hasContent;
    this.front.push(hasContent ? { ...part, content } : part);
    if (!hasContent) await content.close();
  }
}

function overlapOf(
  position: number,
  chunk: Buffer,
  { start, size }: { readonly start: number; readonly size: number },
): { readonly at: number; readonly bytes: Buffer } | undefined {
  const [from, to] = [Math.max(position, start), Math.min(position + chunk.length, start + size)];
  return from < to ? { at: from - start, bytes: chunk.subarray(from - position, to - position) } : undefined;
}

const zeros = Buffer.alloc(1024 * 1024);

function isZero(content: Buffer): boolean {
  for (let at = 0; at < content.length; at += zeros.length) {
    const piece = content.subarray(at, at + zeros.length);
    if (!piece.equals(zeros.subarray(0, piece.length))) return false;
  }
  return true;
}

async function zerosOf(size: number): Promise<PartBuffer> {
  const part = await PartBuffer.of(size);
  for (let left = size; left > 0; left -= zeros.length)
    await part.write(zeros.subarray(0, Math.min(left, zeros.length)));
  return part;
}
