import { crashPoint } from '#kernel';
import type { WorkContext } from '../domain/work.js';

/** Adds up the passes over the bytes: one write and one read for each copy. */
export class Meter {
  private base = 0;
  private passes = 0;

  constructor(
    private readonly context: WorkContext,
    private readonly packedSize: number,
    private readonly copies: number,
  ) {}

  show(phase: 'packing' | 'verifying', bytes: number): void {
    this.context.progress(phase, this.base + bytes, this.packedSize * this.copies * 2);
  }

  next(phase: 'packing' | 'verifying'): void {
    this.passes += 1;
    this.base = this.passes * this.packedSize;
    this.show(phase, 0);
  }

  async *watch(stream: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of stream) {
      signal.throwIfAborted();
      bytes += chunk.length;
      this.show('verifying', bytes);
      if (bytes * 2 > this.packedSize) crashPoint('archiver.mid-verification');
      yield chunk;
    }
  }
}
