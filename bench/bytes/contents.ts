import { randomFillSync } from 'node:crypto';
import type { DatablockMember } from '#datablock';

export const mebibyte = 1024 * 1024;
export const modifiedAt = new Date('2024-05-06T07:08:09.120Z');

/** Where a tar goes that nobody wants. */
export const nowhere = { write: () => Promise.resolve(), writeAt: () => Promise.resolve() };

const piece = randomFillSync(Buffer.alloc(mebibyte));

/** Bytes that no store can press together. */
export async function* bytes(count: number): AsyncGenerator<Buffer, void, undefined> {
  for (let left = count; left > 0; left -= mebibyte) yield await Promise.resolve(piece.subarray(0, left));
}

export function member(path: string, size: number, open: DatablockMember['open']): DatablockMember {
  return { path, size, modifiedAt, open };
}
