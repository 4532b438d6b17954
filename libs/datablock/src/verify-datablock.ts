import { createHash } from 'node:crypto';
import { layOut, renderFront, renderPayloadHeader, type Layout } from './tar/layout.js';
import type { DatablockManifest, ManifestMember } from './manifest.js';
import { TarWalker, deviation } from './tar/tar-walker.js';

/** What was proven of a datablock. */
export interface VerifiedDatablock {
  /** Digest of the whole tar, lower-case hexadecimal. */
  readonly sha256: string;
  /** Bytes of the tar. */
  readonly packedSize: number;
}

/**
 * Reads a datablock back and compares it with its manifest, byte for byte: headers, padding and trailer literally,
 * contents by SHA-256. One pass; it also yields the digest of the whole, for later checks that know no manifest.
 *
 * @param manifest from the receipt of writing, not from the same tar: a damaged tar must not vouch for itself.
 * @throws PermanentError `datablock.verification-failed`; details name the position, the place, expected and found
 * @throws TransientError `datablock.unreadable` when the stream fails (errors of Catena's own stores pass unchanged)
 */
export async function verifyDatablock(
  stream: AsyncIterable<Uint8Array>,
  manifest: DatablockManifest,
): Promise<VerifiedDatablock> {
  const whole = createHash('sha256');
  const walker = new TarWalker(stream, (chunk) => void whole.update(chunk));
  const layout = layOut(manifest.identity, manifest.members);
  assertOffsets(manifest, layout);
  try {
    await walker.expect(renderFront(manifest), 'the manifest');
    for (const [index, member] of manifest.members.entries()) await verifyMember(walker, member, index);
    await walker.expectZeros(layout.packedSize - layout.payloadEnd, 'the closing zeros');
    await walker.expectEnd();
  } finally {
    await walker.close();
  }
  return { sha256: whole.digest('hex'), packedSize: layout.packedSize };
}

async function verifyMember(walker: TarWalker, member: ManifestMember, index: number): Promise<void> {
  await walker.expect(renderPayloadHeader(member, index), `the header of "${member.path}"`);
  const digest = createHash('sha256');
  const where = `the content of "${member.path}"`;
  for await (const chunk of walker.content(member.size, where)) digest.update(chunk);
  assertDigest(member, digest.digest('hex'));
  await walker.expectPadding(member.size, `"${member.path}"`);
}

/** @throws PermanentError `datablock.verification-failed` */
export function assertDigest(member: ManifestMember, found: string): void {
  if (found !== member.sha256) {
    throw deviation(
      member.offset,
      `the content of "${member.path}"`,
      `SHA-256 ${member.sha256}`,
      found,
      member.path,
    );
  }
}

/** @throws PermanentError `datablock.verification-failed` when the manifest does not describe its own layout */
export function assertOffsets(manifest: DatablockManifest, { contentOffsets }: Layout): void {
  for (const [index, member] of manifest.members.entries()) {
    if (member.offset !== contentOffsets[index]) {
      throw deviation(
        member.offset,
        `the manifest entry of "${member.path}"`,
        `offset ${contentOffsets[index]}`,
        String(member.offset),
        member.path,
      );
    }
  }
}
