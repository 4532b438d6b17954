import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '#command-line';
import type { StoredFile } from './manifest-shape.js';
import { privateFile, privateFolder } from './private.js';

/** Keeps a stream as a file of the backup. */
export async function keep(
  folder: string,
  { file, path }: Pick<StoredFile, 'file' | 'path'>,
  source: AsyncIterable<Uint8Array>,
): Promise<StoredFile> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await mkdir(dirname(join(folder, file)), { recursive: true, mode: privateFolder });
  await pipeline(
    Readable.from(counted(), { objectMode: false }),
    createWriteStream(join(folder, file), { flush: true, mode: privateFile }),
  );
  return { path, file, size, sha256: hash.digest('hex') };
}

export async function digestOf(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}

export function inTheWay(place: string, found = 'other content'): Failure {
  return new Failure(
    'conflict',
    `Expected nothing at ${place}, or what was backed up, found ${found}. Nothing is replaced: move it away, or keep it, and run the same command again.`,
  );
}
