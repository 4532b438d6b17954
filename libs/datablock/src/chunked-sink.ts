import type { Interruption } from './interruption.js';

/** Where a datablock is written to. Calls never overlap: each one waits until the one before has ended. */
export interface DatablockSink {
  /** Appends. The chunk must not be used after the promise has settled: its memory is filled again. */
  write(chunk: Buffer): Promise<void>;
  /** Overwrites bytes that were appended before; the end stays where it is. Same rule for the chunk. */
  writeAt(position: number, chunk: Buffer): Promise<void>;
}

const chunkBytes = 1024 * 1024;

/**
 * Gathers small pieces into chunks of 1 MiB and passes large ones through uncopied. One write is under way while the
 * next chunk fills; nobody can run further ahead, so memory stays at a few chunks however slow the sink is.
 */
export class ChunkedSink {
  private current = Buffer.allocUnsafeSlow(chunkBytes);
  private spare = Buffer.allocUnsafeSlow(chunkBytes);
  private filled = 0;
  private accepted = 0;
  private underWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly sink: DatablockSink,
    private readonly interruption: Interruption,
    private readonly onChunk: (position: number) => void,
  ) {}

  /** Bytes accepted so far. */
  get position(): number {
    return this.accepted;
  }

  /** Takes what fits into the chunk at hand; false: nothing was taken, {@link write} it. Saves a wait for each tiny piece. */
  takes(bytes: Uint8Array): boolean {
    if (bytes.length >= chunkBytes - this.filled) return false;
    this.current.set(bytes, this.filled);
    this.filled += bytes.length;
    this.accepted += bytes.length;
    return true;
  }

  takesZeros(count: number): boolean {
    return count < zeros.length && this.takes(zeros.subarray(0, count));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length < chunkBytes / 2 && this.takes(bytes)) return;
    this.accepted += bytes.length;
    if (bytes.length >= chunkBytes / 2) {
      await this.handOver();
      return this.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }
    let rest = bytes;
    while (rest.length > 0) {
      const room = Math.min(rest.length, chunkBytes - this.filled);
      this.current.set(rest.subarray(0, room), this.filled);
      this.filled += room;
      rest = rest.subarray(room);
      if (this.filled === chunkBytes) await this.handOver();
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

  private async handOver(): Promise<void> {
    if (this.filled === 0) return;
    const full = this.current.subarray(0, this.filled);
    await this.send(full);
    [this.current, this.spare] = [this.spare, this.current];
    this.filled = 0;
  }

  /** Waits for the write before, so that after this call only `chunk` itself may still be in use. */
  private async send(chunk: Buffer): Promise<void> {
    await this.interruption.race(this.underWay);
    this.underWay = this.sink.write(chunk);
    // Its failure is met at the next call; until then it must not count as unhandled.
    this.underWay.catch(() => undefined);
    this.onChunk(this.accepted);
  }
}

const zeros = Buffer.alloc(64 * 1024);
