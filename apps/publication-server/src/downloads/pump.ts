import type { ServerResponse } from 'node:http';

/** Bytes that small chunks are gathered to. */
const gathering = 32_768;

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
  try {
    for await (const chunk of gathered(chunks)) {
      if (response.destroyed) return false;
      if (!response.write(chunk) && !(await drained(response, patience))) {
        response.destroy();
        return false;
      }
    }
  } catch (error) {
    response.destroy();
    throw error;
  }
  if (response.destroyed) return false;
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

function drained(response: ServerResponse, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (good: boolean) => (): void => {
      clearTimeout(timer);
      response.off('drain', onDrain).off('close', onClose);
      resolve(good);
    };
    const [onDrain, onClose] = [done(true), done(false)];
    const timer = setTimeout(onClose, patience);
    response.once('drain', onDrain).once('close', onClose);
    if (response.destroyed) onClose();
  });
}
