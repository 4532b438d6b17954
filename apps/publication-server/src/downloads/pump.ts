import type { ServerResponse } from 'node:http';

/** Bytes that small chunks are gathered to. */
const gathering = 32_768;
/** Bytes that are written at once: who takes so many within the patience is no idle reader. */
const piece = 65_536;
/** Pieces on their way: one that the reader takes, and one that is there when it has. */
const maxOnTheirWay = 2;

/**
 * Writes chunks to a reader, no faster than it takes them, and ends the response after the last one. A reader that
 * takes nothing for `patience` milliseconds is cut off. When making the chunks fails, the connection is destroyed: a
 * broken download never ends as if it were whole.
 *
 * @returns whether the reader got everything
 */
export async function pump(
  chunks: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  patience: number,
): Promise<boolean> {
  const way = new Way(response, patience);
  try {
    for await (const chunk of gathered(chunks))
      for (let at = 0; at < chunk.length; at += piece) {
        if (!(await way.isFree())) {
          response.destroy();
          return false;
        }
        way.send(chunk.length <= piece ? chunk : chunk.subarray(at, at + piece));
      }
  } catch (error) {
    // What is on its way was right: a reader goes on behind it.
    await way.isEmpty();
    response.destroy();
    throw error;
  }
  if (way.isGone) return false;
  response.end();
  return true;
}

/** Puts small chunks together: headers of thousands of small files would be thousands of packets. */
async function* gathered(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let [pending, filled] = [Buffer.allocUnsafeSlow(gathering), 0];
  for await (const chunk of chunks) {
    const large = chunk.length >= gathering / 2;
    if (filled > 0 && (large || chunk.length > gathering - filled)) {
      yield pending.subarray(0, filled);
      // What was given away may wait in the socket's queue.
      [pending, filled] = [Buffer.allocUnsafeSlow(gathering), 0];
    }
    if (large) yield chunk;
    else {
      pending.set(chunk, filled);
      filled += chunk.length;
    }
  }
  if (filled > 0) yield pending.subarray(0, filled);
}

/** To a reader, for a few pieces at a time. */
class Way {
  private count = 0;
  /** A write has failed. The response says so in a later turn of the event loop, which chunks that are at hand never reach. */
  private isBroken = false;
  private onChange: (() => void) | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly patience: number,
  ) {}

  send(bytes: Uint8Array): void {
    this.count += 1;
    this.response.write(bytes, (error) => {
      this.count -= 1;
      if (error) this.isBroken = true;
      this.onChange?.();
    });
  }

  /** Nobody takes anything any more. */
  get isGone(): boolean {
    return this.isBroken || this.response.destroyed;
  }

  /** Whether another piece may be sent, as soon as one was taken: not when the reader has gone, or takes nothing. */
  async isFree(): Promise<boolean> {
    if (this.count >= maxOnTheirWay) await this.change();
    return this.count < maxOnTheirWay && !this.isGone;
  }

  /** Whether all was taken; waits for that as long as the reader takes anything. */
  async isEmpty(): Promise<boolean> {
    for (let before = Infinity; this.count > 0 && this.count < before && !this.isGone;) {
      before = this.count;
      await this.change();
    }
    return this.count === 0;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.onChange = undefined;
        this.response.off('close', done);
        resolve();
      };
      const timer = setTimeout(done, this.patience);
      this.onChange = done;
      this.response.once('close', done);
    });
  }
}
