import { Clock, SystemClock, wait } from '#kernel';

/** Bytes that go at once, so that a pace is a pace and no sequence of jumps. */
const maxSlice = 64 * 1024;
/** Seconds that a slice takes at most: each lane waits for those of all others, and none may be silent for long. */
const sliceTime = 0.25;

/** A limit that all transfers of a command share. */
export class Bandwidth {
  /** When the bytes that were let through so far will have gone, in milliseconds. */
  private until = 0;

  /** @param bytesPerSecond undefined: as fast as it goes */
  constructor(
    private readonly bytesPerSecond: number | undefined,
    private readonly signal: AbortSignal,
    private readonly clock: Clock = new SystemClock(),
  ) {}

  /** Milliseconds to wait before these bytes may go; they count from now on. */
  reserve(bytes: number): number {
    if (this.bytesPerSecond === undefined) return 0;
    const now = this.clock.now().getTime();
    const begin = Math.max(now, this.until);
    this.until = begin + (1000 * bytes) / this.bytesPerSecond;
    return begin - now;
  }

  /** The same bytes at the pace of the limit. */
  async *paced<Chunk extends Uint8Array>(
    source: AsyncIterable<Chunk> | Iterable<Chunk>,
  ): AsyncGenerator<Chunk> {
    const slice = sliceOf(this.bytesPerSecond);
    for await (const chunk of source)
      for (let start = 0; start < chunk.length; start += slice) {
        const part = chunk.subarray(start, start + slice) as Chunk;
        const pause = this.reserve(part.length);
        if (pause > 0) await wait(pause, this.signal);
        this.signal.throwIfAborted();
        yield part;
      }
  }
}

function sliceOf(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return Infinity;
  return Math.min(maxSlice, Math.max(1, Math.floor(bytesPerSecond * sliceTime)));
}
