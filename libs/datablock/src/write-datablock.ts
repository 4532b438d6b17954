import { createHash } from 'node:crypto';
import { PermanentError } from '#kernel';
import { ChunkedSink, type DatablockSink } from './chunked-sink.js';
import { Interruption } from './interruption.js';
import { layOut, renderFront, renderPayloadHeader, type Layout, type PlannedMember } from './tar/layout.js';
import { LookAhead, changedError, readingError, type OpenedMember } from './look-ahead.js';
import { maximumManifestBytes, type DatablockManifest, type ManifestMember } from './manifest.js';
import { inTarOrder, plannedMember, type DatablockMember } from './member.js';
import { paddingAfter } from './tar/tar-header.js';

/** How far packing has come. */
export interface DatablockProgress {
  /** Bytes of the tar handed to the sink. */
  readonly bytes: number;
  /** Bytes of the finished tar. */
  readonly totalBytes: number;
  /** Members packed whole. */
  readonly members: number;
  readonly totalMembers: number;
}

/** What to pack, and where to. */
export interface WriteDatablockOptions {
  /** Names of what this is (pid, archive id, job id), kept in the manifest. Put nothing in that differs between two tries. */
  readonly identity: Readonly<Record<string, string>>;
  readonly members: readonly DatablockMember[];
  readonly sink: DatablockSink;
  /** Stops packing at once; a write under way in the sink may still end later. */
  readonly signal?: AbortSignal;
  /** Called after each chunk (about 1 MiB), synchronously. */
  readonly onProgress?: (progress: DatablockProgress) => void;
}

/** What was packed. Nothing is proven about the sink yet: read it back with `verifyDatablock`. */
export interface DatablockReceipt {
  readonly manifest: DatablockManifest;
  /** Bytes of the tar. */
  readonly packedSize: number;
  /** Bytes of file content in it. */
  readonly contentSize: number;
}

/**
 * Packs members into a datablock in one pass: every byte is read once and hashed on its way. The manifest stands first
 * in the tar but is known last, so its room is left free (as zeros, which any reader takes for an empty tar) and filled
 * at the end. Memory stays below 50 MB whatever the sizes, plus about 1 KB for each member.
 *
 * The same identity and files make the same bytes. Neither the sink nor anything written is taken back on failure: the
 * caller discards it.
 *
 * @throws PermanentError `datablock.member-changed`, `datablock.member-missing`, `datablock.checksum-mismatch`, and what
 * {@link packedSizeOf} refuses
 * @throws TransientError `datablock.member-unreadable`, `datablock.aborted` (or the signal's reason, if it is a CatenaError)
 */
export async function writeDatablock(options: WriteDatablockOptions): Promise<DatablockReceipt> {
  const members = inTarOrder(options.members);
  const plans = members.map(plannedMember);
  const layout = plan(options.identity, plans);
  const interruption = new Interruption(options.signal);
  const lookAhead = new LookAhead(members, layout.headerOffsets, interruption);
  const packed: ManifestMember[] = [];
  const out = new ChunkedSink(options.sink, interruption, (bytes) => {
    lookAhead.advance(bytes);
    options.onProgress?.({
      bytes,
      totalBytes: layout.packedSize,
      members: packed.length,
      totalMembers: members.length,
    });
  });
  try {
    interruption.check();
    lookAhead.advance(layout.frontSize);
    await out.writeZeros(layout.frontSize);
    for (const [index, member] of members.entries()) {
      const planned = plans[index] as PlannedMember;
      interruption.check();
      const taken = lookAhead.take(index, out.position);
      const opened = taken instanceof Promise ? await taken : taken;
      const header = renderPayloadHeader(planned, index);
      if (!out.takes(header)) await out.write(header);
      const sha256 = await packContent(member, opened, out, interruption);
      if (opened.kind === 'stream') lookAhead.release(opened.stream);
      const padding = paddingAfter(member.size);
      if (!out.takesZeros(padding)) await out.writeZeros(padding);
      packed.push(manifestMember(planned, sha256, layout.contentOffsets[index] as number));
    }
    await out.writeZeros(layout.packedSize - layout.payloadEnd);
    await out.flush();
    const manifest = { identity: { ...options.identity }, members: packed };
    await fillFront(options.sink, renderFront(manifest), layout, interruption);
    const contentSize = packed.reduce((sum, member) => sum + member.size, 0);
    return { manifest, packedSize: layout.packedSize, contentSize };
  } finally {
    lookAhead.close();
    interruption.close();
  }
}

/**
 * The exact size of the tar these members will make, to look for room before reading anything.
 *
 * @throws PermanentError `kernel.unsafe-path`, `datablock.unsafe-path`, `datablock.member-invalid`,
 * `datablock.duplicate-path`, `datablock.no-members`, `datablock.too-many-members`, `datablock.manifest-too-large`
 */
export function packedSizeOf(
  identity: Readonly<Record<string, string>>,
  members: readonly DatablockMember[],
): number {
  return plan(identity, inTarOrder(members).map(plannedMember)).packedSize;
}

function plan(identity: Readonly<Record<string, string>>, members: readonly PlannedMember[]): Layout {
  const layout = layOut(identity, members);
  if (layout.frontSize > maximumManifestBytes) {
    throw new PermanentError(
      'datablock.manifest-too-large',
      `Expected a manifest of at most ${maximumManifestBytes} bytes, found ${layout.frontSize} for ${members.length} files. Split the datablock.`,
    );
  }
  return layout;
}

/** Field by field: spreading is slow, and members are many. */
function manifestMember(
  { path, size, permissions, modifiedAt }: PlannedMember,
  sha256: string,
  offset: number,
): ManifestMember {
  return { path, size, permissions, modifiedAt, sha256, offset };
}

async function packContent(
  member: DatablockMember,
  opened: OpenedMember,
  out: ChunkedSink,
  interruption: Interruption,
): Promise<string> {
  if (opened.kind === 'whole' && !out.takes(opened.content)) await out.write(opened.content);
  const sha256 =
    opened.kind === 'whole' ? opened.sha256 : await packStream(member, opened.stream, out, interruption);
  if (member.expectedSha256 !== undefined && member.expectedSha256 !== sha256) {
    throw new PermanentError(
      'datablock.checksum-mismatch',
      `Expected SHA-256 ${member.expectedSha256} of "${member.path}", found ${sha256}. The file changed or was damaged on its way: upload it again.`,
      { details: { path: member.path, expected: member.expectedSha256, found: sha256 } },
    );
  }
  return sha256;
}

async function packStream(
  member: DatablockMember,
  stream: AsyncIterable<Uint8Array>,
  out: ChunkedSink,
  interruption: Interruption,
): Promise<string> {
  const digest = createHash('sha256');
  const content = stream[Symbol.asyncIterator]();
  let found = 0;
  // Not `for await`: a source that hangs must not hold up an abort.
  for (;;) {
    let step: IteratorResult<Uint8Array, unknown>;
    try {
      step = await interruption.race(content.next());
    } catch (error) {
      interruption.check();
      throw readingError(member, found, error);
    }
    if (step.done === true) break;
    found += step.value.length;
    if (found > member.size) break;
    digest.update(step.value);
    await out.write(step.value);
  }
  if (found !== member.size) throw changedError(member, found);
  return digest.digest('hex');
}

async function fillFront(
  sink: DatablockSink,
  front: Buffer,
  layout: Layout,
  interruption: Interruption,
): Promise<void> {
  if (front.length !== layout.frontSize) {
    throw new PermanentError(
      'datablock.layout-broken',
      `Expected ${layout.frontSize} bytes before the first file, made ${front.length}: a defect of Catena, please report it.`,
    );
  }
  await interruption.race(sink.writeAt(0, front));
}
