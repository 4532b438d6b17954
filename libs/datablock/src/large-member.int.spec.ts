import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DatablockMember } from './member.js';
import { renderFront, layOut, renderPayloadHeader } from './tar/layout.js';
import type { DatablockManifest } from './manifest.js';
import { verifyDatablock } from './verify-datablock.js';
import { writeDatablock } from './write-datablock.js';

const size = 8 ** 11 + 1000;
const chunk = Buffer.alloc(1024 * 1024);

describe('a member of more than 8 GiB', () => {
  it('is packed and verified with little memory', { timeout: 300_000 }, async () => {
    let most = 0;
    const member: DatablockMember = {
      path: 'huge.dat',
      size,
      modifiedAt: new Date('2024-05-06T07:08:09.120Z'),
      open: () => Promise.resolve(zeros(size)),
    };
    let written = 0;
    const sink = {
      write: (bytes: Buffer) => {
        written += bytes.length;
        most = Math.max(most, process.memoryUsage.rss());
        return Promise.resolve();
      },
      writeAt: () => Promise.resolve(),
    };
    const { manifest, packedSize } = await writeDatablock({ identity: {}, members: [member], sink });
    assert.equal(written, packedSize);
    const { packedSize: proven } = await verifyDatablock(regenerated(manifest), manifest);
    assert.equal(proven, packedSize);
    assert.ok(most < 300e6, `${most} bytes resident`);
  });
});

async function* zeros(count: number): AsyncGenerator<Buffer, void, undefined> {
  for (let left = count; left > 0; left -= chunk.length)
    yield chunk.subarray(0, Math.min(left, chunk.length));
}

async function* regenerated(manifest: DatablockManifest): AsyncGenerator<Buffer, void, undefined> {
  const { packedSize } = layOut(manifest.identity, manifest.members);
  const [member] = manifest.members;
  assert.ok(member !== undefined);
  yield renderFront(manifest);
  yield renderPayloadHeader(member, 0);
  yield* zeros(packedSize - member.offset);
}
