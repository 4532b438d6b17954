import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { DatablockManifest } from '../manifest.js';
import { layOut, renderFront, renderPayloadHeader } from '../tar/layout.js';

/** A file of a datablock; one without content takes no room, and must not be read: nobody knows its digest. */
export interface SparseFile {
  readonly path: string;
  readonly size: number;
  readonly content?: Buffer;
}

/**
 * Lays a datablock out in a sparse file: as large as it would be, with hardly a byte written.
 *
 * @param files in the order of their paths
 */
export async function writeSparseDatablock(
  place: string,
  identity: DatablockManifest['identity'],
  files: readonly SparseFile[],
): Promise<{ readonly manifest: DatablockManifest; readonly packedSize: number }> {
  const planned = files.map(({ path, size, content }) => ({
    ...{ path, size, permissions: 0o644, modifiedAt: new Date('2024-05-06T07:08:09.120Z') },
    sha256: content === undefined ? '0'.repeat(64) : createHash('sha256').update(content).digest('hex'),
  }));
  const layout = layOut(identity, planned);
  const members = planned.map((member, index) => ({ ...member, offset: layout.contentOffsets[index]! }));
  const manifest = { identity, members };
  const file = await open(place, 'w');
  try {
    await file.truncate(layout.packedSize);
    const put = async (bytes: Buffer, at: number): Promise<void> =>
      void (await file.write(bytes, 0, bytes.length, at));
    await put(renderFront(manifest), 0);
    for (const [index, member] of members.entries()) {
      await put(renderPayloadHeader(member, index), layout.headerOffsets[index]!);
      await put(files[index]!.content ?? Buffer.alloc(0), member.offset);
    }
  } finally {
    await file.close();
  }
  return { manifest, packedSize: layout.packedSize };
}
