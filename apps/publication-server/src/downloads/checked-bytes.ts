import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SourceError } from './copy-source.js';

/** What content must be. */
export interface Expected {
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly crc32?: number;
}

/**
 * Passes whole content on while it is checked. The last chunk is held back until the checksum is known to be right: what
 * is wrong never arrives whole.
 *
 * @param learn called with the CRC-32 of good content
 * @throws SourceError
 */
export async function* checked(
  chunks: AsyncIterable<Buffer>,
  expected: Expected,
  learn?: (crc: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  let [crc, size] = [0, 0];
  let last: Buffer | undefined;
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (learn !== undefined) crc = crc32(chunk, crc);
    size += chunk.length;
    if (last !== undefined) yield last;
    last = chunk;
  }
  if (size !== expected.size || hash.digest('hex') !== expected.sha256)
    throw new SourceError('Content is not what its checksum says.');
  if (learn !== undefined && expected.crc32 !== undefined && crc !== expected.crc32)
    throw new SourceError('Content has another CRC-32 than the last time.');
  learn?.(crc);
  if (last !== undefined) yield last;
}

/** Leaves out the first bytes. */
export async function* without(
  chunks: AsyncIterable<Buffer>,
  skip: number,
): AsyncGenerator<Buffer, void, undefined> {
  let left = skip;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(left - chunk.length, 0);
  }
}
