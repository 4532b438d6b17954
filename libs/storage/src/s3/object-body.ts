import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { backOff, wait } from '#kernel';

/** Chunks (of 64 KiB at most) that are read before the reader asks for them. */
const chunksAhead = 4;

/** How an answer that broke off goes on. */
export interface BodySource {
  /** How often it is taken up without a byte arriving. */
  readonly patience: number;
  /** The answer with the rest. */
  reopen(at: number): Promise<IncomingMessage>;
  /** What is thrown when patience is over. @param failure undefined: it just ended too early */
  brokenOff(at: number, failure: unknown): Error;
}

/**
 * The bytes of an object, from as many answers as it takes. Fed by events: a large object has many chunks, and each layer of
 * generators costs as much for a chunk as receiving it. Counted in chunks and not in bytes: those that wait would be copied into one.
 */
export class ObjectBody extends Readable {
  private failures = 0;
  private answer: IncomingMessage;

  /** @param end Infinity: where the first answer ends by itself */
  constructor(
    first: IncomingMessage,
    private at: number,
    private readonly end: number,
    private readonly source: BodySource,
  ) {
    super({ objectMode: true, highWaterMark: chunksAhead });
    this.answer = first;
    this.follow(first);
  }

  override _read(): void {
    this.answer.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.answer.destroy();
    done(error);
  }

  private follow(answer: IncomingMessage): void {
    this.answer = answer;
    let failure: unknown;
    answer.on('data', (chunk: Buffer) => {
      // After a failure or a destruction nothing may be counted that is not passed on.
      if (this.destroyed) return;
      this.at += chunk.length;
      this.failures = 0;
      if (!this.push(chunk)) answer.pause();
    });
    let isOver = false;
    const over = (): void => {
      if (!isOver) void this.goOn(failure);
      isOver = true;
    };
    answer.on('error', (error: unknown) => (failure = error));
    answer.on('end', over).on('close', over);
  }

  /** An answer is over: all was read, or the next one continues where it broke. */
  private async goOn(failure: unknown): Promise<void> {
    if (this.destroyed) return;
    if (this.at >= this.end || (failure === undefined && this.end === Infinity)) return void this.push(null);
    this.failures += 1;
    if (this.failures >= this.source.patience) {
      this.destroy(this.source.brokenOff(this.at, failure));
      return;
    }
    try {
      await wait(backOff(this.failures, 100, 5_000));
      if (this.destroyed) return;
      const next = await this.source.reopen(this.at);
      if (this.destroyed) next.destroy();
      else this.follow(next);
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
