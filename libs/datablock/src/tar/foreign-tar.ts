import { CatenaError, messageOf, PermanentError, TransientError } from '#kernel';
import { blockSize, paddingAfter } from './tar-header.js';

/** A regular file in a tar that another program wrote. */
export interface ForeignMember {
  /** As the tar has it; undefined where it is no UTF-8, or of more than 4096 bytes: no catalogue lists such a name. */
  readonly name: string | undefined;
  readonly size: number;
  /** Permission bits. */
  readonly permissions: number;
  readonly modifiedAt: Date;
  /** Where the content begins, in bytes from the start of the tar. */
  readonly offset: number;
  /** To be read before the next member is asked for; what is left unread is passed over. */
  readonly content: AsyncIterable<Buffer>;
}

/** Bytes of extended headers: longer ones are a mistake, or an attack. */
const maxHeaderContent = 1024 * 1024;
/** Bytes of a name: no catalogue lists a longer one. */
const maxNameBytes = 4096;

/**
 * Reads a tar of whichever program: v7, ustar, GNU (long names, large sizes) and PAX. Yields regular files in their order; folders and
 * links have no bytes of their own and are passed over. Reads to the end of the stream.
 *
 * @throws PermanentError `datablock.not-a-tar` with the place, for what is none, what ends too early, sparse and multi-volume tars
 * @throws TransientError `datablock.unreadable` when the stream fails
 */
export async function* readForeignTar(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<ForeignMember, void, undefined> {
  const bytes = new Bytes(stream);
  try {
    let more: Partial<Fields> = {};
    for (;;) {
      const at = bytes.position;
      const header = await bytes.exactly(blockSize, 'a header');
      if (header.every((byte) => byte === 0)) return await bytes.expectZeros();
      const fields = fieldsOf(header, at);
      if (fields.type === 'x' || fields.type === 'L' || fields.type === 'K' || fields.type === 'g') {
        more = { ...more, ...extensionOf(fields, await contentOf(bytes, fields), at) };
        continue;
      }
      const member = { ...fields, ...more };
      more = {};
      if (isLinkOrFolder(member.type)) continue;
      if (!isRegular(member.type)) throw notATar(at, 'a regular file', `an entry of type "${member.type}"`);
      const { name, size, permissions, modifiedAt } = member;
      const content = bytes.content(size, `the content of ${JSON.stringify(name)}`);
      yield { name, size, permissions, modifiedAt, offset: bytes.position, content: resumable(content) };
      for await (const _left of content);
      await bytes.pass(paddingAfter(size), 'padding');
    }
  } finally {
    await bytes.close();
  }
}

interface Fields {
  readonly type: string;
  readonly name: string | undefined;
  readonly size: number;
  readonly permissions: number;
  readonly modifiedAt: Date;
}

const isRegular = (type: string): boolean => type === '0' || type === '\0' || type === '7';
/** Their headers tell sizes that no bytes follow for. */
const isLinkOrFolder = (type: string): boolean => ['1', '2', '3', '4', '5', '6'].includes(type);

function fieldsOf(header: Buffer, at: number): Fields {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (numberIn(header, 148, 8) !== sum) throw notATar(at, 'the header of a file', 'something else');
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar && header[262] === 0 ? bytesIn(header, 345, 155) : Buffer.alloc(0);
  const own = bytesIn(header, 0, 100);
  const name = prefix.length === 0 ? own : Buffer.concat([prefix, Buffer.from('/'), own]);
  const size = numberIn(header, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0) throw notATar(at, 'a size', String(size));
  return {
    ...{ type: String.fromCharCode(header[156]!), name: textIn(name), size },
    permissions: numberIn(header, 100, 8) & 0o777,
    modifiedAt: new Date(numberIn(header, 136, 12) * 1000),
  };
}

async function contentOf(bytes: Bytes, { size }: Fields): Promise<Buffer> {
  if (size > maxHeaderContent)
    throw notATar(bytes.position, `at most ${maxHeaderContent} bytes of a name`, `${size}`);
  const content = await bytes.exactly(size, 'a long name or an extended header');
  await bytes.pass(paddingAfter(size), 'padding');
  return content;
}

/** What a header that stands before another one says of it. */
function extensionOf({ type }: Fields, content: Buffer, at: number): Partial<Fields> {
  if (type === 'L') return { name: textIn(bytesIn(content, 0, content.length)) };
  if (type === 'K') return {};
  const records = recordsIn(content, at);
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.')))
    throw notATar(at, 'files as they are', 'a sparse file');
  const [path, size, mtime] = ['path', 'size', 'mtime'].map((key) => records.get(key));
  if (type === 'g') {
    if (path !== undefined || size !== undefined)
      throw notATar(at, 'names and sizes of single files', 'one for all of them');
    return {};
  }
  return {
    ...(path === undefined ? {} : { name: textIn(path) }),
    ...(size === undefined ? {} : { size: sizeIn(size, at) }),
    ...(mtime === undefined ? {} : { modifiedAt: new Date(Math.round(Number(mtime) * 1000)) }),
  };
}

/** Lines of `<length> <key>=<value>`, the length in bytes. */
function recordsIn(content: Buffer, at: number): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let from = 0; from < content.length;) {
    const space = content.indexOf(0x20, from);
    const length = Number(content.toString('latin1', from, space));
    const equals = content.indexOf(0x3d, space);
    const end = from + length;
    if (space < 0 || equals < 0 || !Number.isSafeInteger(length) || equals >= end || end > content.length)
      throw notATar(at, 'records of an extended header', 'something else');
    found.set(content.toString('utf8', space + 1, equals), content.subarray(equals + 1, end - 1));
    from = end;
  }
  return found;
}

function sizeIn(value: Buffer, at: number): number {
  const size = Number(value.toString('latin1'));
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw notATar(at, 'a size', JSON.stringify(value.toString('latin1').slice(0, 40)));
}

/** Up to the first NUL. */
function bytesIn(header: Buffer, start: number, length: number): Buffer {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** Octal digits, or a binary number of GNU's where the first bit is set. */
function numberIn(header: Buffer, start: number, length: number): number {
  const field = header.subarray(start, start + length);
  if ((field[0]! & 0x80) === 0) return Number.parseInt(field.toString('latin1').trim() || '0', 8);
  let value = field[0]! & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return value;
}

function textIn(bytes: Buffer): string | undefined {
  if (bytes.length > maxNameBytes) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function notATar(position: number, expected: string, found: string): PermanentError {
  return new PermanentError(
    'datablock.not-a-tar',
    `Expected ${expected} at byte ${position} of a tar, found ${found}.`,
    { details: { position, expected, found } },
  );
}

/** A consumer that breaks out of its loop does not end the generator, so that the rest can still be passed over. */
function resumable(content: AsyncGenerator<Buffer, void, undefined>): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => ({ next: () => content.next() }) };
}

/** The bytes of a stream, in pieces of the sizes that are asked for. */
class Bytes {
  private readonly source: AsyncIterator<Uint8Array>;
  private rest: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.source = stream[Symbol.asyncIterator]();
  }

  get position(): number {
    return this.at;
  }

  /** Only for sizes that were checked. */
  async exactly(size: number, where: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.content(size, where)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *content(size: number, where: string): AsyncGenerator<Buffer, void, undefined> {
    for (let left = size; left > 0;) {
      if (!(await this.fill())) throw notATar(this.at, where, 'the end of the file');
      const piece = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(piece.length);
      this.at += piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  async pass(size: number, where: string): Promise<void> {
    for await (const _piece of this.content(size, where));
  }

  /** To the end. */
  async expectZeros(): Promise<void> {
    while (await this.fill()) {
      if (this.rest.some((byte) => byte !== 0))
        throw notATar(this.at, 'nothing but zeros after the last file', 'other bytes');
      this.at += this.rest.length;
      this.rest = Buffer.alloc(0);
    }
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async fill(): Promise<boolean> {
    while (this.rest.length === 0) {
      const step = await this.source.next().catch((cause: unknown) => {
        if (cause instanceof CatenaError) throw cause;
        throw new TransientError(
          'datablock.unreadable',
          `Expected to read on at byte ${this.at} of the tar, but reading failed: ${messageOf(cause)}. Trying again may help.`,
          { details: { position: this.at }, cause },
        );
      });
      if (step.done === true) return false;
      const { buffer, byteOffset, length } = step.value;
      this.rest = Buffer.from(buffer, byteOffset, length);
    }
    return true;
  }
}
