import { PermanentError } from '#kernel';

/** Everything in a tar is a multiple of this. */
export const blockSize = 512;
/** A whole tar is padded to a multiple of this, the record size of the tape drives tar was made for. */
export const recordSize = 10_240;

const largestOctalSize = 8 ** 11 - 1;
const longestPlainName = 100;

/** What one header says of a file. Owner fields are fixed, so that equal input makes equal bytes. */
export interface TarEntry {
  /** The full name inside the tar. */
  readonly name: string;
  readonly size: number;
  /** Permission bits only. */
  readonly permissions: number;
  readonly modifiedAt: Date;
}

/**
 * The header bytes of one file: a plain `ustar` block, preceded by a PAX extended header when the name, the size or
 * the time does not fit into the plain one.
 *
 * @param ordinal position of the file in the tar; it only names the extended header, for readers from before PAX.
 */
export function tarHeader(entry: TarEntry, ordinal: number): Buffer {
  const { name, size, permissions, modifiedAt } = entry;
  const records = paxRecords(entry);
  const bytes = Buffer.byteLength(records);
  const header = Buffer.allocUnsafe(headerSize(bytes)).fill(0);
  if (bytes > 0) {
    const extension = { name: `PaxHeaders/${ordinal}`, size: bytes, permissions: 0o644, modifiedAt };
    ustarBlock(header, 0, extension, 'x');
    header.write(records, blockSize);
  }
  ustarBlock(header, header.length - blockSize, { name, size, permissions, modifiedAt }, '0');
  return header;
}

/** How many bytes {@link tarHeader} will make, without making them. */
export function tarHeaderSize(entry: TarEntry): number {
  return headerSize(Buffer.byteLength(paxRecords(entry)));
}

function headerSize(records: number): number {
  return records === 0 ? blockSize : 2 * blockSize + padded(records);
}

/** The size of a plain file as its `ustar` block tells it. */
export function sizeInHeader(block: Buffer): number {
  const text = block.toString('latin1', 124, 135);
  if (!/^[0-7]{11}$/.test(text)) {
    throw new PermanentError(
      'datablock.verification-failed',
      `Expected an octal file size at byte 124 of the first tar header, found ${JSON.stringify(text)}: this is not a datablock.`,
    );
  }
  return Number.parseInt(text, 8);
}

/** Zero bytes needed after `size` bytes of content to fill its last block. */
export function paddingAfter(size: number): number {
  return padded(size) - size;
}

/** `size` rounded up to whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}

function paxRecords({ name, size, modifiedAt }: TarEntry): string {
  const path = isPlainName(name) ? '' : paxRecord('path', name);
  const length = size > largestOctalSize ? paxRecord('size', String(size)) : '';
  const isWhole = modifiedAt.getTime() / 1000 === plainSeconds(modifiedAt);
  return `${path}${length}${isWhole ? '' : paxRecord('mtime', decimalSeconds(modifiedAt))}`;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(key) + Buffer.byteLength(value) + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length += 1;
  return `${length} ${key}=${value}\n`;
}

/** Exact to the millisecond: division would show 0.1 as 0.09999. */
function decimalSeconds(modifiedAt: Date): string {
  const milliseconds = Math.abs(modifiedAt.getTime());
  const fraction = String(milliseconds % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '');
  const whole = String(Math.floor(milliseconds / 1000));
  return `${modifiedAt.getTime() < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function plainSeconds(time: Date): number {
  return Math.min(Math.max(Math.floor(time.getTime() / 1000), 0), largestOctalSize);
}

function isPlainName(name: string): boolean {
  return name.length <= longestPlainName && /^[\x20-\x7e]*$/.test(name);
}

/** Fills a block of zeros. */
function ustarBlock(header: Buffer, at: number, entry: TarEntry, typeFlag: '0' | 'x'): void {
  const nameEnd = at + header.write(plainName(entry.name), at, 'latin1');
  octal(header, at + 100, entry.permissions, 7);
  octal(header, at + 108, 0, 7);
  octal(header, at + 116, 0, 7);
  octal(header, at + 124, entry.size > largestOctalSize ? 0 : entry.size, 11);
  octal(header, at + 136, plainSeconds(entry.modifiedAt), 11);
  header.fill(space, at + 148, at + 156);
  header[at + 156] = typeFlag.charCodeAt(0);
  header.set(magic, at + 257);
  octal(header, at + 329, 0, 7);
  octal(header, at + 337, 0, 7);
  // All else is zeros.
  const sum =
    sumOf(header, at, nameEnd) + sumOf(header, at + 100, at + 157) + sumOf(header, at + 257, at + 345);
  octal(header, at + 148, sum, 6);
  header[at + 154] = 0;
}

function sumOf(bytes: Buffer, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += bytes[index] as number;
  return sum;
}

const space = 0x20;
const magic = Buffer.from('ustar\x0000', 'latin1');

/** What a reader from before PAX sees in place of a name it could not hold. */
function plainName(name: string): string {
  return isPlainName(name) ? name : name.slice(0, longestPlainName).replace(/[^\x20-\x7e]/g, '_');
}

/** Digit by digit: a header has a dozen numbers, and a datablock may have a hundred thousand headers. */
function octal(header: Buffer, at: number, value: number, digits: number): void {
  let left = value;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    const rest = Math.floor(left / 8);
    header[index] = 0x30 + (left - rest * 8);
    left = rest;
  }
}
