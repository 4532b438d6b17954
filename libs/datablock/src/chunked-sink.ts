import type { Interruption } from './interruption.js';

/** Where a datablock is written to. Calls never overlap: each one waits until the one before has ended. */
export interface DatablockSink {
  /** Appends. The chunk must not be used after the promise has settled: its memory is filled again. */
  write(chunk: Buffer): Promise<void>;
  /** Appends all of them, in this order; where it is there, what is large enough is not copied together first. Same rule. */
  writePieces?(pieces: readonly Buffer[]): Promise<void>;
  /** Overwrites bytes that were appended before; the end stays where it is. Same rule for the chunk. */
  writeAt(position: number, chunk: Buffer): Promise<void>;
}

const chunkBytes = 1024 * 1024;
/** Copying smaller ones costs less than passing them by themselves. */
const minPiece = 32 * 1024;

/**
 * Gathers small pieces into chunks of 1 MiB and passes large ones through uncopied. One write is under way while the
 * next chunk fills; nobody can run further ahead, so memory stays at a few chunks however slow the sink is.
 */
export class ChunkedSink {
  private current = Buffer.allocUnsafeSlow(chunkBytes);
  private spare = Buffer.allocUnsafeSlow(chunkBytes);
  /** What goes next, in order; what follows in `current` from `listed` on is not in it yet. */
  private pieces: Buffer[] = [];
  private listed = 0;
  private filled = 0;
  /** Bytes of all that goes next. */
  private gathered = 0;
  private accepted = 0;
  private underWay: Promise<void> = Promise.resolve();
  /** Pieces from this size on are not copied. */
  private readonly uncopied: number;

  constructor(
    private readonly sink: DatablockSink,
    private readonly interruption: Interruption,
    private readonly onChunk: (position: number) => void,
  ) {
    this.uncopied = sink.writePieces === undefined ? chunkBytes / 2 : minPiece;
  }

  /** Bytes accepted so far. */
  get position(): number {
    return this.accepted;
  }

  /** Takes what fits into the chunk at hand; false: nothing was taken, {@link write} it. Saves a wait for each tiny piece. */
  takes(bytes: Uint8Array): boolean {
    if (bytes.length >= chunkBytes - this.gathered) return false;
    this.copy(bytes);
    return true;
  }

  takesZeros(count: number): boolean {
    return count < zeros.length && this.takes(zeros.subarray(0, count));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length >= this.uncopied) return this.pass(bytes);
    let rest = bytes;
    while (rest.length > 0) {
      const room = Math.min(rest.length, chunkBytes - this.gathered);
      this.copy(rest.subarray(0, room));
      rest = rest.subarray(room);
      if (this.gathered === chunkBytes) await this.handOver();
    }
  }

  async writeZeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= zeros.length) {
      await this.write(left >= zeros.length ? zeros : zeros.subarray(0, left));
    }
  }

  /** Returns when everything accepted was written. */
  async flush(): Promise<void> {
    await this.handOver();
    await this.interruption.race(this.underWay);
  }

  private async pass(bytes: Uint8Array): Promise<void> {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.sink.writePieces === undefined || this.gathered + piece.length > chunkBytes)
      await this.handOver();
    this.list();
    this.pieces.push(piece);
    this.gathered += piece.length;
    this.accepted += piece.length;
    if (this.sink.writePieces === undefined || this.gathered >= chunkBytes) await this.handOver();
  }

  private copy(bytes: Uint8Array): void {
    this.current.set(bytes, this.filled);
    this.filled += bytes.length;
    this.gathered += bytes.length;
    this.accepted += bytes.length;
  }

  /** What was copied is a piece of its own before the next one that was not. */
  private list(): void {
    if (this.filled > this.listed) this.pieces.push(this.current.subarray(this.listed, this.filled));
    this.listed = this.filled;
  }

  private async handOver(): Promise<void> {
    this.list();
    if (this.pieces.length === 0) return;
    await this.send(this.pieces);
    [this.current, this.spare] = [this.spare, this.current];
    [this.pieces, this.listed, this.filled, this.gathered] = [[], 0, 0, 0];
  }

  /** Waits for the write before, so that after this call only these pieces may still be in use. */
  private async send(pieces: readonly Buffer[]): Promise<void> {
    await this.interruption.race(this.underWay);
    const [only] = pieces as [Buffer];
    this.underWay =
      pieces.length > 1 && this.sink.writePieces !== undefined
        ? this.sink.writePieces(pieces)
        : this.sink.write(only);
    // Its failure is met at the next call; until then it must not count as unhandled.
    this.underWay.catch(() => undefined);
    this.onChunk(this.accepted);
  }
}

const zeros = Buffer.alloc(64 * 1024);
