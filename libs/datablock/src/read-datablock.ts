import { createHash } from 'node:crypto';
import { PermanentError } from '#kernel';
import { layOut, renderFront, renderPayloadHeader } from './tar/layout.js';
import {
  maximumManifestBytes,
  parseManifest,
  type DatablockManifest,
  type ManifestMember,
} from './manifest.js';
import { blockSize, sizeInHeader } from './tar/tar-header.js';
import { TarWalker, deviation } from './tar/tar-walker.js';
import { assertDigest, assertOffsets } from './verify-datablock.js';

/** One file coming out of a datablock. */
export interface UnpackedMember extends ManifestMember {
  /**
   * The content; to be read before the next member is asked for (what is left unread is skipped, and checked all the
   * same). Ends with an error if the content is not what the manifest says: keep the file only after a good end.
   */
  readonly content: AsyncIterable<Buffer>;
}

/** Limits for datablocks from a source that is not trusted. */
export interface ReadDatablockOptions {
  /** Most bytes of content in one member. Default: no limit. */
  readonly maximumMemberBytes?: number;
  /** Most bytes of content altogether. Default: no limit. */
  readonly maximumContentBytes?: number;
}

/**
 * Unpacks: yields each file of the dataset in the order of the tar. Safe with hostile input: paths are checked, and only
 * plain files exactly as the manifest announces them come out; links, devices and anything else end the iteration.
 * Leaving the loop early destroys the stream.
 *
 * @throws PermanentError `datablock.verification-failed`, `datablock.manifest-invalid`, `kernel.unsafe-path`,
 * `datablock.too-large`
 * @throws TransientError `datablock.unreadable`
 */
export async function* readDatablock(
  stream: AsyncIterable<Uint8Array>,
  options: ReadDatablockOptions = {},
): AsyncGenerator<UnpackedMember, void, undefined> {
  const walker = new TarWalker(stream);
  try {
    const manifest = await readFront(walker);
    assertWithin(manifest, options);
    for (const [index, member] of manifest.members.entries()) {
      await walker.expect(renderPayloadHeader(member, index), `the header of "${member.path}"`);
      const content = resumable(provenContent(walker, member));
      yield { ...member, content };
      for await (const _skipped of content);
      await walker.expectPadding(member.size, `"${member.path}"`);
    }
    const layout = layOut(manifest.identity, manifest.members);
    await walker.expectZeros(layout.packedSize - layout.payloadEnd, 'the closing zeros');
    await walker.expectEnd();
  } finally {
    await walker.close();
  }
}

/**
 * The manifest at the beginning of a datablock. Reads no further than needed and lets go of the stream.
 *
 * @throws PermanentError `datablock.verification-failed`, `datablock.manifest-invalid`, `kernel.unsafe-path`
 * @throws TransientError `datablock.unreadable`
 */
export async function readManifest(stream: AsyncIterable<Uint8Array>): Promise<DatablockManifest> {
  const walker = new TarWalker(stream);
  try {
    return await readFront(walker);
  } finally {
    await walker.close();
  }
}

async function readFront(walker: TarWalker): Promise<DatablockManifest> {
  const header = await walker.whole(blockSize, 'the first header');
  const size = sizeInHeader(header);
  if (size > maximumManifestBytes) {
    throw deviation(
      124,
      'the first header',
      `a manifest of at most ${maximumManifestBytes} bytes`,
      String(size),
    );
  }
  const json = await walker.whole(size, 'the manifest');
  const manifest = parseManifest(json.toString());
  assertOffsets(manifest, layOut(manifest.identity, manifest.members));
  const front = renderFront(manifest);
  const seen = Buffer.concat([header, json]);
  if (!front.subarray(0, seen.length).equals(seen)) {
    throw deviation(0, 'the manifest', 'exactly the bytes its entries make', 'others');
  }
  await walker.expect(front.subarray(seen.length), 'the checksum list');
  return manifest;
}

function assertWithin(manifest: DatablockManifest, options: ReadDatablockOptions): void {
  let total = 0;
  for (const { path, size } of manifest.members) {
    total += size;
    if (size > (options.maximumMemberBytes ?? Infinity)) tooLarge(`"${path}" has ${size} bytes`, options);
    if (total > (options.maximumContentBytes ?? Infinity))
      tooLarge(`at least ${total} bytes in all`, options);
  }
}

function tooLarge(found: string, options: ReadDatablockOptions): never {
  throw new PermanentError(
    'datablock.too-large',
    `Expected a datablock within the limits set (${JSON.stringify(options)}), found ${found}. Raise the limit if you trust the source.`,
    { details: { ...options } },
  );
}

async function* provenContent(
  walker: TarWalker,
  member: ManifestMember,
): AsyncGenerator<Buffer, void, undefined> {
  const digest = createHash('sha256');
  for await (const chunk of walker.content(member.size, `the content of "${member.path}"`)) {
    digest.update(chunk);
    yield chunk;
  }
  assertDigest(member, digest.digest('hex'));
}

/** A consumer that breaks out of its loop does not end the generator, so that the rest can still be skipped. */
function resumable(content: AsyncGenerator<Buffer, void, undefined>): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => ({ next: () => content.next() }) };
}
