import type { ByteRange } from './byte-range.js';

/** A file in an archive; position 0 is the manifest. */
export interface ArchiveEntry {
  readonly position: number;
  readonly path: string;
  readonly size: number;
  readonly modified: Date;
}

/** Sums that the end of an archive tells. */
export interface ArchiveTotals {
  readonly entries: number;
  /** Bytes before the directory. */
  readonly content: number;
  /** Bytes of the directory. */
  readonly directory: number;
}

/**
 * How archives of a kind are written. All lengths follow from names and sizes alone, so that every byte has its place
 * before the first one is read.
 */
export interface ArchiveFormat {
  readonly name: 'zip' | 'tar';
  readonly mediaType: string;
  /** Whether it holds CRC-32 checksums of its files. */
  readonly hasChecksums: boolean;
  readonly headSize: (entry: ArchiveEntry) => number;
  readonly head: (entry: ArchiveEntry) => Buffer;
  readonly tailSize: (entry: ArchiveEntry) => number;
  readonly tail: (entry: ArchiveEntry, crc32: number) => Buffer;
  /** @param offset where the entry's head begins */
  readonly directorySize: (entry: ArchiveEntry, offset: number) => number;
  readonly directory: (entry: ArchiveEntry, offset: number, crc32: number) => Buffer;
  readonly endSize: (totals: ArchiveTotals) => number;
  readonly end: (totals: ArchiveTotals) => Buffer;
}

/** The part of a piece at this offset that a range wants; empty when it wants none. */
export function cut(piece: Buffer, offset: number, { first, end }: ByteRange): Buffer {
  return piece.subarray(Math.max(first - offset, 0), Math.max(end - offset, 0));
}
