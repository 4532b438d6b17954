import { backOff, messageOf, wait } from '#kernel';
import { Failure } from '#command-line';

const maxTries = 6;

/** The bytes behind a link. A connection that breaks is made anew and goes on where it broke. */
export async function* download(url: string, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (let failures = 0; position < size;) {
    try {
      for await (const chunk of await open(url, position, signal)) {
        yield chunk;
        position += chunk.length;
        failures = 0;
      }
      if (position < size) throw new Error(`the connection ended ${size - position} bytes early`);
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (error instanceof Failure) throw error;
      if (failures === maxTries)
        throw new Failure(
          'unreachable',
          `Expected ${size} bytes from the retrieval store, got ${position}: ${messageOf(error)}. Run the same command again to go on.`,
          error,
        );
      await wait(200 + backOff(failures, 300, 5000), signal);
    }
  }
}

async function open(url: string, position: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const headers: Record<string, string> = position === 0 ? {} : { range: `bytes=${position}-` };
  const response = await fetch(url, { headers, signal });
  const expected = position === 0 ? 200 : 206;
  if (response.status === expected && response.body !== null) return response.body;
  await response.body?.cancel();
  if (response.status === 403 || response.status === 404)
    throw new Failure(
      'failed',
      `Expected the retrieved copy behind its link, found ${response.status}: the copy or its link has expired. Run the same command again to have it recalled.`,
    );
  throw new Error(`expected status ${expected}, found ${response.status}`);
}
