import { createHash } from 'node:crypto';
import { PermanentError } from '#kernel';
import { gathered } from './gathered.js';
import type { DatablockManifest, ManifestMember } from './manifest.js';
import { layOut, renderFront, renderPayloadHeader } from './tar/layout.js';
import { paddingAfter } from './tar/tar-header.js';
import { TarWalker, deviation } from './tar/tar-walker.js';

/** Gaps between two wanted files, in bytes, that are read through: fewer than a disk or a store is asked anew for. */
export const maxGapBytes = 1024 * 1024;
/** Missing paths that an error names. */
const maxNamed = 10;

/** Bytes of a datablock, from `offset` on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Some files of a datablock as a datablock of their own, of which everything but the content is known. */
export interface DatablockPart {
  /** Of the part: with the offsets that its members have there. */
  readonly manifest: DatablockManifest;
  /** Its members where they lie in the whole datablock, in the same order. */
  readonly sources: readonly ManifestMember[];
  /** Bytes of the part's tar. */
  readonly packedSize: number;
  /** Bytes of the files in it. */
  readonly contentSize: number;
}

/**
 * Plans the part of a datablock that holds these files. The digests are known from the manifest, so every byte of the part that is
 * not content is known before one is read.
 *
 * @param paths each file once
 * @param identity says of which datablock it is a part
 * @throws PermanentError `datablock.member-unknown`, `datablock.no-members`
 */
export function planPart(
  whole: DatablockManifest,
  paths: ReadonlySet<string>,
  identity: DatablockManifest['identity'],
): DatablockPart {
  if (paths.size === 0)
    throw new PermanentError(
      'datablock.no-members',
      'Expected at least one file of a datablock, found none.',
    );
  const sources = whole.members.filter(({ path }) => paths.has(path));
  if (sources.length !== paths.size) {
    const known = new Set(sources.map(({ path }) => path));
    const missing = [...paths].filter((path) => !known.has(path));
    throw new PermanentError(
      'datablock.member-unknown',
      `Expected ${paths.size} files in the manifest of the datablock, found ${sources.length}: ${missing.length} are not there, among them ${JSON.stringify(missing.slice(0, maxNamed))}.`,
      { details: { missing: missing.slice(0, maxNamed), count: missing.length } },
    );
  }
  const layout = layOut(identity, sources);
  const members = sources.map((member, index) => ({ ...member, offset: layout.contentOffsets[index]! }));
  return {
    manifest: { identity, members },
    sources,
    packedSize: layout.packedSize,
    contentSize: sources.reduce((sum, { size }) => sum + size, 0),
  };
}

/** What to read for a part: neighbours in one go, and gaps of at most so many bytes through. Empty files need nothing. */
export function rangesOf({ sources }: Pick<DatablockPart, 'sources'>, maxGap = maxGapBytes): ByteRange[] {
  const ranges: { offset: number; length: number }[] = [];
  for (const { offset, size } of sources) {
    if (size === 0) continue;
    const last = ranges.at(-1);
    const gap = last === undefined ? 0 : offset - (last.offset + last.length);
    if (last !== undefined && gap >= 0 && gap <= maxGap) last.length = offset + size - last.offset;
    else ranges.push({ offset, length: size });
  }
  return ranges;
}

/**
 * The bytes of a part's tar, in chunks of about 1 MiB, with the content read from the whole datablock. Each file is compared with its
 * digest, and the end of the tar comes only after the last of them agreed: whoever makes it visible when it is whole shows
 * nothing wrong. What lies between wanted files is not looked at. The first bytes are read before the first chunk comes: a tape may
 * take minutes.
 *
 * @param read opens a range of the whole datablock; called once for each range, in order, when the one before was read
 * @throws PermanentError `datablock.verification-failed` for a file that is not what the manifest says, or ends early
 * @throws TransientError `datablock.unreadable` when the stream fails (errors of Catena's own stores pass unchanged)
 */
export function partOf(
  part: DatablockPart,
  read: (range: ByteRange) => Promise<AsyncIterable<Uint8Array>>,
  maxGap = maxGapBytes,
): AsyncGenerator<Buffer, void, undefined> {
  return gathered(piecesOf(part, new RangeReader(rangesOf(part, maxGap), read)));
}

async function* piecesOf(
  { manifest, sources, packedSize }: DatablockPart,
  reader: RangeReader,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    await reader.begin();
    const front = renderFront(manifest);
    let written = front.length;
    yield front;
    for (const [index, source] of sources.entries()) {
      const header = renderPayloadHeader(source, index);
      yield header;
      yield* provenContent(source, reader);
      const padding = paddingAfter(source.size);
      if (padding > 0) yield Buffer.alloc(padding);
      written += header.length + source.size + padding;
    }
    yield Buffer.alloc(packedSize - written);
  } finally {
    await reader.close();
  }
}

async function* provenContent(member: ManifestMember, reader: RangeReader): AsyncGenerator<Buffer> {
  const digest = createHash('sha256');
  const where = `the content of "${member.path}"`;
  for await (const chunk of reader.content(member, where)) {
    digest.update(chunk);
    yield chunk;
  }
  const found = digest.digest('hex');
  if (found !== member.sha256)
    throw deviation(member.offset, where, `SHA-256 ${member.sha256}`, found, member.path);
}

/** Reads files out of ranges, one range open at a time. */
class RangeReader {
  private walker: TarWalker | undefined;
  private next = 0;
  private end = 0;
  /** Where the walker stands, in bytes of the whole datablock. */
  private position = 0;

  constructor(
    private readonly ranges: readonly ByteRange[],
    private readonly read: (range: ByteRange) => Promise<AsyncIterable<Uint8Array>>,
  ) {}

  /** Waits until the first bytes are there. */
  async begin(): Promise<void> {
    if (this.ranges.length > 0) await this.open();
  }

  async *content({ offset, size }: ManifestMember, where: string): AsyncGenerator<Buffer> {
    if (size === 0) return;
    if (offset >= this.end || offset < this.position) await this.open();
    const walker = this.walker!;
    for await (const _gap of walker.content(offset - this.position, `the bytes before ${where}`));
    yield* walker.content(size, where);
    this.position = offset + size;
  }

  async close(): Promise<void> {
    await this.walker?.close();
  }

  private async open(): Promise<void> {
    await this.close();
    const range = this.ranges[this.next]!;
    this.next += 1;
    this.walker = new TarWalker(await begun(await this.read(range)));
    this.position = range.offset;
    this.end = range.offset + range.length;
  }
}

/** The same bytes, once the first are there. A failure to read them comes with them. */
async function begun(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = bytes[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<Uint8Array>> | undefined = iterator.next();
  await first.catch(() => undefined);
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    const step = first ?? iterator.next();
    first = undefined;
    return step;
  };
  const end = async (): Promise<IteratorResult<Uint8Array>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}
