/** Raised when a peer announces a frame the reader must not accept; the connection has to be closed. */
export class FrameError extends Error {}

interface FrameFormat {
  /** Bytes needed before the length of a frame is known. */
  readonly headerLength: number;
  /** Total length of the frame, header included; throws FrameError when it is not acceptable. */
  readonly lengthOf: (header: Buffer) => number;
}

/**
 * Cuts a byte stream into frames. Nothing is allocated for announced bytes: memory grows only with what really
 * arrived, and a frame that came in one piece is handed out as a view, not a copy.
 */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;
  private expected = -1;

  constructor(private readonly format: FrameFormat) {}

  /** Bytes of the frame that is still incomplete. */
  get pending(): number {
    return this.buffered;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
  }

  /** The next complete frame, or undefined when more bytes are needed. */
  next(): Buffer | undefined {
    if (this.expected < 0) {
      if (this.buffered < this.format.headerLength) return undefined;
      this.expected = this.format.lengthOf(this.header());
    }
    if (this.buffered < this.expected) return undefined;
    const frame = this.take(this.expected);
    this.expected = -1;
    return frame;
  }

  private header(): Buffer {
    const first = this.chunks[0] as Buffer;
    if (first.length >= this.format.headerLength) return first;
    this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] as Buffer;
  }

  private take(length: number): Buffer {
    const first = this.chunks[0] as Buffer;
    if (first.length < length) this.chunks = [Buffer.concat(this.chunks)];
    const whole = this.chunks[0] as Buffer;
    this.buffered -= length;
    if (whole.length === length) this.chunks.shift();
    else this.chunks[0] = whole.subarray(length);
    return whole.subarray(0, length);
  }
}
