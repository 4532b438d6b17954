/** Raised when bytes that should be BSON are not. */
export class BsonFormatError extends Error {}

/** Where one element of a document lies in its buffer. */
export interface Element {
  readonly type: number;
  readonly name: string;
  /** First byte of the element, its type included. */
  readonly start: number;
  /** First byte of the value. */
  readonly value: number;
  /** First byte after the element. */
  readonly end: number;
}

const BSON_STRING = 0x02;
export const BSON_DOCUMENT = 0x03;
export const BSON_BINARY = 0x05;
export const BSON_ARRAY = 0x04;
const BSON_BOOLEAN = 0x08;
const BSON_INT32 = 0x10;
const BSON_INT64 = 0x12;
const BSON_DOUBLE = 0x01;
const BSON_REGEX = 0x0b;
const BSON_DB_POINTER = 0x0c;

/** Sizes of the types whose values all have the same length. */
const FIXED_SIZES: Readonly<Record<number, number>> = {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
};

/** Bytes before the counted part of the types that carry their length, and bytes their length leaves out. */
const LENGTH_PREFIXED: Readonly<Record<number, number>> = {
  0x02: 4,
  0x03: 0,
  0x04: 0,
  0x05: 5,
  0x0d: 4,
  0x0e: 4,
  0x0f: 0,
};

const SMALLEST_DOCUMENT = 5;

/** Length of the document that starts at `offset`; throws when it does not fit before `limit`. */
export function documentLength(buffer: Buffer, offset: number, limit: number): number {
  if (offset + SMALLEST_DOCUMENT > limit) throw new BsonFormatError('a document was cut off');
  const length = buffer.readInt32LE(offset);
  if (length < SMALLEST_DOCUMENT || offset + length > limit || buffer[offset + length - 1] !== 0) {
    throw new BsonFormatError(`a document announces ${length} bytes, which does not fit its place`);
  }
  return length;
}

/** The elements of the document that fills the buffer, one level deep; values are located, not decoded. */
export function elementsOf(document: Buffer): Element[] {
  const last = documentLength(document, 0, document.length) - 1;
  const elements: Element[] = [];
  let offset = 4;
  while (offset < last) {
    const type = document[offset] as number;
    const nameEnd = cstringEnd(document, offset + 1, last);
    const value = nameEnd + 1;
    const end = value + valueSize(document, type, value, last);
    if (end > last) throw new BsonFormatError('an element reaches beyond its document');
    elements.push({ type, name: document.toString('utf8', offset + 1, nameEnd), start: offset, value, end });
    offset = end;
  }
  return elements;
}

function cstringEnd(buffer: Buffer, start: number, limit: number): number {
  const end = buffer.indexOf(0, start);
  if (end < 0 || end >= limit) throw new BsonFormatError('a name does not end');
  return end;
}

function valueSize(buffer: Buffer, type: number, value: number, limit: number): number {
  const fixed = FIXED_SIZES[type];
  if (fixed !== undefined) return fixed;
  const uncounted = LENGTH_PREFIXED[type];
  if (uncounted !== undefined) return uncounted + countedLength(buffer, value, limit);
  if (type === BSON_REGEX) {
    const patternEnd = cstringEnd(buffer, value, limit);
    return cstringEnd(buffer, patternEnd + 1, limit) + 1 - value;
  }
  if (type === BSON_DB_POINTER) return 4 + countedLength(buffer, value, limit) + 12;
  throw new BsonFormatError(`an element has the unknown type ${type}`);
}

function countedLength(buffer: Buffer, value: number, limit: number): number {
  if (value + 4 > limit) throw new BsonFormatError('a length was cut off');
  const length = buffer.readInt32LE(value);
  if (length < 0) throw new BsonFormatError('a length is negative');
  return length;
}

/** The value of a string element, or undefined for other types. */
export function stringValue(document: Buffer, element: Element | undefined): string | undefined {
  if (element?.type !== BSON_STRING) return undefined;
  return document.toString('utf8', element.value + 4, element.end - 1);
}

/** The value of an integral number element of any width, or undefined for other types. */
export function integerValue(document: Buffer, element: Element | undefined): bigint | undefined {
  switch (element?.type) {
    case BSON_INT32:
      return BigInt(document.readInt32LE(element.value));
    case BSON_INT64:
      return document.readBigInt64LE(element.value);
    case BSON_DOUBLE: {
      const value = document.readDoubleLE(element.value);
      return Number.isInteger(value) ? BigInt(value) : undefined;
    }
    default:
      return undefined;
  }
}

/** The truth of a boolean or number element, as MongoDB sees it; undefined when the element is absent. */
export function booleanValue(document: Buffer, element: Element | undefined): boolean | undefined {
  if (element === undefined) return undefined;
  if (element.type === BSON_BOOLEAN) return document[element.value] === 1;
  const number = integerValue(document, element);
  return number === undefined ? true : number !== 0n;
}

/** The document without the elements of these names; the same buffer when there is none of them. */
export function withoutElements(
  document: Buffer,
  elements: readonly Element[],
  names: ReadonlySet<string>,
): Buffer {
  const pieces: Buffer[] = [];
  let keptFrom = 4;
  for (const element of elements) {
    if (!names.has(element.name)) continue;
    pieces.push(document.subarray(keptFrom, element.start));
    keptFrom = element.end;
  }
  if (pieces.length === 0) return document;
  pieces.push(document.subarray(keptFrom));
  const head = Buffer.allocUnsafe(4);
  const result = Buffer.concat([head, ...pieces]);
  result.writeInt32LE(result.length, 0);
  return result;
}

/** The document with one more element at its end; an array takes one whose name is its next index. */
export function withAppended(document: Buffer, element: Buffer): Buffer {
  const result = Buffer.concat([document.subarray(0, document.length - 1), element, Buffer.alloc(1)]);
  result.writeInt32LE(result.length, 0);
  return result;
}

/** The bytes of an element whose value is a document, an array or a whole number. */
export function elementOf(name: string, value: bigint | Buffer, type: number = BSON_DOCUMENT): Buffer {
  const number = Buffer.alloc(8);
  if (typeof value === 'bigint') number.writeBigInt64LE(value);
  const head = Buffer.from([typeof value === 'bigint' ? BSON_INT64 : type]);
  return Buffer.concat([head, Buffer.from(`${name}\0`), typeof value === 'bigint' ? number : value]);
}

/** The documents that lie one after the other in the buffer, as views. */
export function splitDocuments(sequence: Buffer): Buffer[] {
  const documents: Buffer[] = [];
  for (let offset = 0; offset < sequence.length;) {
    const length = documentLength(sequence, offset, sequence.length);
    documents.push(sequence.subarray(offset, offset + length));
    offset += length;
  }
  return documents;
}
