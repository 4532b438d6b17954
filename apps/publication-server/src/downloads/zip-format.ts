import type { ArchiveEntry, ArchiveFormat, ArchiveTotals } from './archive-format.js';

/** From here on a number needs the fields of ZIP64. */
const large = 0xffffffff;
const manyEntries = 0xffff;

const signatures = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  end: 0x06054b50,
} as const;
const versions = { plain: 20, zip64: 45 } as const;
const unix = 3;
/** The checksum follows the content; the name is UTF-8. */
const flags = 0x0008 | 0x0800;
const regularFile = (0o100644 << 16) >>> 0;
/** Extra field with the modification time in seconds since 1970. */
const timeField = 9;

/**
 * ZIP after APPNOTE 6.3: entries are stored, checksums follow the content, ZIP64 only where a number needs it. The
 * same files make the same bytes.
 */
export const zipFormat: ArchiveFormat = {
  name: 'zip',
  mediaType: 'application/zip',
  hasChecksums: true,
  headSize: (entry) => 30 + nameOf(entry).length + timeField + (isLarge(entry) ? 20 : 0),
  head: local,
  tailSize: (entry) => (isLarge(entry) ? 24 : 16),
  tail: descriptor,
  directorySize: (entry, offset) =>
    46 + nameOf(entry).length + timeField + extra64(numbersBeyond(entry, offset)).length,
  directory: central,
  endSize: (totals) => (needsZip64(totals) ? 56 + 20 + 22 : 22),
  end,
};

function local(entry: ArchiveEntry): Buffer {
  const name = nameOf(entry);
  const extra = Buffer.concat([
    modificationTime(entry),
    isLarge(entry) ? extra64([entry.size, entry.size]) : Buffer.alloc(0),
  ]);
  const { time, date } = dosTime(entry.modified);
  const size = isLarge(entry) ? large : 0;
  const head = Buffer.alloc(30);
  head.writeUInt32LE(signatures.local, 0);
  head.writeUInt16LE(isLarge(entry) ? versions.zip64 : versions.plain, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt16LE(time, 10);
  head.writeUInt16LE(date, 12);
  head.writeUInt32LE(size, 18);
  head.writeUInt32LE(size, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

function descriptor(entry: ArchiveEntry, crc32: number): Buffer {
  const tail = Buffer.alloc(isLarge(entry) ? 24 : 16);
  tail.writeUInt32LE(signatures.descriptor, 0);
  tail.writeUInt32LE(crc32, 4);
  if (isLarge(entry)) {
    tail.writeBigUInt64LE(BigInt(entry.size), 8);
    tail.writeBigUInt64LE(BigInt(entry.size), 16);
  } else {
    tail.writeUInt32LE(entry.size, 8);
    tail.writeUInt32LE(entry.size, 12);
  }
  return tail;
}

function central(entry: ArchiveEntry, offset: number, crc32: number): Buffer {
  const name = nameOf(entry);
  const beyond = extra64(numbersBeyond(entry, offset));
  const extra = Buffer.concat([modificationTime(entry), beyond]);
  const { time, date } = dosTime(entry.modified);
  const version = beyond.length > 0 ? versions.zip64 : versions.plain;
  const head = Buffer.alloc(46);
  head.writeUInt32LE(signatures.central, 0);
  head.writeUInt16LE((unix << 8) | versions.zip64, 4);
  head.writeUInt16LE(version, 6);
  head.writeUInt16LE(flags, 8);
  head.writeUInt16LE(time, 12);
  head.writeUInt16LE(date, 14);
  head.writeUInt32LE(crc32, 16);
  head.writeUInt32LE(Math.min(entry.size, large), 20);
  head.writeUInt32LE(Math.min(entry.size, large), 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(regularFile, 38);
  head.writeUInt32LE(Math.min(offset, large), 42);
  return Buffer.concat([head, name, extra]);
}

function end(totals: ArchiveTotals): Buffer {
  const { entries, content, directory } = totals;
  const last = Buffer.alloc(22);
  last.writeUInt32LE(signatures.end, 0);
  last.writeUInt16LE(Math.min(entries, manyEntries), 8);
  last.writeUInt16LE(Math.min(entries, manyEntries), 10);
  last.writeUInt32LE(Math.min(directory, large), 12);
  last.writeUInt32LE(Math.min(content, large), 16);
  if (!needsZip64(totals)) return last;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(signatures.end64, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE((unix << 8) | versions.zip64, 12);
  end64.writeUInt16LE(versions.zip64, 14);
  end64.writeBigUInt64LE(BigInt(entries), 24);
  end64.writeBigUInt64LE(BigInt(entries), 32);
  end64.writeBigUInt64LE(BigInt(directory), 40);
  end64.writeBigUInt64LE(BigInt(content), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(signatures.locator64, 0);
  locator.writeBigUInt64LE(BigInt(content + directory), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, last]);
}

function nameOf({ path }: ArchiveEntry): Buffer {
  return Buffer.from(path);
}

function isLarge({ size }: ArchiveEntry): boolean {
  return size >= large;
}

function needsZip64({ entries, content, directory }: ArchiveTotals): boolean {
  return entries >= manyEntries || content >= large || directory >= large;
}

/** In the order of the standard: both sizes, then the place; each only where the plain field is too small. */
function numbersBeyond(entry: ArchiveEntry, offset: number): number[] {
  return [...(isLarge(entry) ? [entry.size, entry.size] : []), ...(offset >= large ? [offset] : [])];
}

function extra64(numbers: readonly number[]): Buffer {
  if (numbers.length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  numbers.forEach((number, index) => field.writeBigUInt64LE(BigInt(number), 4 + 8 * index));
  return field;
}

function modificationTime({ modified }: ArchiveEntry): Buffer {
  const field = Buffer.alloc(timeField);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(1, 4);
  const seconds = Math.floor(modified.getTime() / 1000);
  field.writeInt32LE(Math.min(Math.max(seconds, -0x80000000), 0x7fffffff), 5);
  return field;
}

/** Two-second steps from 1980 to 2107; UTC, as there is no place for a zone. */
function dosTime(modified: Date): { time: number; date: number } {
  const year = modified.getUTCFullYear();
  if (year < 1980) return { time: 0, date: (1 << 5) | 1 };
  if (year > 2107) return { time: 0xbf7d, date: (127 << 9) | (12 << 5) | 31 };
  return {
    time: (modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1),
    date: ((year - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate(),
  };
}
