import { createHash } from 'node:crypto';
import { crashPoint, PermanentError, TransientError } from '#kernel';
import type { WorkContext } from '../domain/work.js';

/** The same bytes, once the first are there: a tape may take minutes, and an upload that stands still is given up. */
export async function begun(bytes: AsyncGenerator<Buffer>): Promise<AsyncGenerator<Buffer>> {
  const first = await bytes.next();
  return (async function* () {
    try {
      if (first.done !== true) yield first.value;
      yield* bytes;
    } finally {
      await bytes.return(undefined);
    }
  })();
}

interface Expectation {
  readonly name: string;
  readonly share: string;
  readonly packedSize: number;
  readonly sha256: string;
  readonly context: WorkContext;
}

/** Yields the bytes and fails at the end if they are not the ones that were archived. */
export async function* checked(
  source: AsyncIterable<Buffer>,
  { name, share, packedSize, sha256, context }: Expectation,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Buffer | undefined;
  for await (const chunk of source) {
    context.signal.throwIfAborted();
    if (held !== undefined) yield held;
    hash.update(chunk);
    bytes += chunk.length;
    context.progress('recalling', bytes, packedSize);
    if (bytes * 2 > packedSize) crashPoint('archiver.mid-retrieve');
    held = chunk;
  }
  const found = hash.digest('hex');
  // The last chunk is held back until the checksum agrees: without it no upload is complete.
  if (found !== sha256) {
    throw new PermanentError(
      'archiver.copy-damaged',
      `Expected ${name} on ${share} with SHA-256 ${sha256} and ${packedSize} bytes, read ${found} and ${bytes} bytes.`,
    );
  }
  if (held === undefined)
    throw new TransientError('archiver.copy-empty', `Expected bytes of ${name} on ${share}, read none.`);
  yield held;
}
