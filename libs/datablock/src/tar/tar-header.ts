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
  const records = paxRecords(entry);
  const plain = ustarBlock({ ...entry, typeFlag: '0' });
  if (records.length === 0) return plain;
  const extension = ustarBlock({
    name: `PaxHeaders/${ordinal}`,
    size: records.length,
    permissions: 0o644,
    modifiedAt: entry.modifiedAt,
    typeFlag: 'x',
  });
  return Buffer.concat([extension, records, Buffer.alloc(paddingAfter(records.length)), plain]);
}

/** How many bytes {@link tarHeader} will make, without making them. */
export function tarHeaderSize(entry: TarEntry): number {
  const records = paxRecords(entry).length;
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

function paxRecords(entry: TarEntry): Buffer {
  const records: string[] = [];
  if (!isPlainName(entry.name)) records.push(paxRecord('path', entry.name));
  if (entry.size > largestOctalSize) records.push(paxRecord('size', String(entry.size)));
  const seconds = entry.modifiedAt.getTime() / 1000;
  if (seconds !== plainSeconds(entry.modifiedAt)) records.push(paxRecord('mtime', decimalSeconds(entry)));
  return Buffer.from(records.join(''));
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(key) + Buffer.byteLength(value) + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length += 1;
  return `${length} ${key}=${value}\n`;
}

/** Exact to the millisecond: division would show 0.1 as 0.09999. */
function decimalSeconds({ modifiedAt }: TarEntry): string {
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

function ustarBlock(entry: TarEntry & { typeFlag: '0' | 'x' }): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(plainName(entry.name), 0, 'latin1');
  block.write(octal(entry.permissions, 7), 100, 'latin1');
  block.write(octal(0, 7), 108, 'latin1');
  block.write(octal(0, 7), 116, 'latin1');
  block.write(octal(entry.size > largestOctalSize ? 0 : entry.size, 11), 124, 'latin1');
  block.write(octal(plainSeconds(entry.modifiedAt), 11), 136, 'latin1');
  block.write(`        ${entry.typeFlag}`, 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(octal(0, 7), 329, 'latin1');
  block.write(octal(0, 7), 337, 'latin1');
  let sum = 0;
  for (let index = 0; index < blockSize; index += 1) sum += block[index] as number;
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

/** What a reader from before PAX sees in place of a name it could not hold. */
function plainName(name: string): string {
  return isPlainName(name) ? name : name.slice(0, longestPlainName).replace(/[^\x20-\x7e]/g, '_');
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
