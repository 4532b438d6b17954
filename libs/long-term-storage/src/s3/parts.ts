import { PermanentError } from '#kernel';

/** Bytes of one part that is not sent yet; without content: nothing but zeros. */
interface HeldPart {
  readonly number: number;
  readonly start: number;
  readonly size: number;
  content?: Buffer;
}

/** A part that can go. */
export interface FullPart {
  readonly number: number;
  readonly content: Buffer;
}

/** Stores take 10 000 parts: they grow, so that a terabyte fits and a small file needs little memory. */
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
  private current = Buffer.alloc(0);
  private filled = 0;

  constructor(
    private readonly name: string,
    private readonly partBytes: number,
  ) {}

  /** Bytes so far. */
  get end(): number {
    return this.start + this.filled;
  }

  *add(chunk: Buffer): Generator<FullPart, void, undefined> {
    for (let rest = chunk; rest.length > 0;) {
      if (this.filled === this.current.length) {
        const full = this.closeCurrent();
        if (full !== undefined) yield full;
        this.current = Buffer.allocUnsafeSlow(this.partBytes * 2 ** Math.floor(this.number / partsOfOneSize));
      }
      const fitting = rest.subarray(0, this.current.length - this.filled);
      this.current.set(fitting, this.filled);
      this.filled += fitting.length;
      rest = rest.subarray(fitting.length);
    }
  }

  /** @throws PermanentError `long-term-storage.range-invalid` for bytes that are not there, or were sent already */
  overwrite(position: number, chunk: Buffer): void {
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
      part.content ??= Buffer.alloc(part.size);
      part.content.set(content.bytes, content.at);
    }
    const own = overlapOf(position, chunk, { start: this.start, size: this.filled });
    if (own !== undefined) this.current.set(own.bytes, own.at);
  }

  /** The end of the file: its last part, and the front. */
  *finish(): Generator<FullPart, void, undefined> {
    if (this.filled > 0) {
      const full = this.closeCurrent();
      if (full !== undefined) yield full;
    }
    for (const { number, size, content } of this.front)
      yield { number, content: content ?? Buffer.alloc(size) };
  }

  private closeCurrent(): FullPart | undefined {
    if (this.filled === 0) return undefined;
    const content = this.current.subarray(0, this.filled);
    const part = { number: (this.number += 1), start: this.start, size: this.filled };
    this.start += this.filled;
    this.filled = 0;
    this.current = Buffer.alloc(0);
    if (this.frontEnds) return { number: part.number, content };
    const isEmpty = isZero(content);
    this.frontEnds = !isEmpty;
    this.front.push(isEmpty ? part : { ...part, content });
    return undefined;
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
