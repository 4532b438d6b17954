import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { PermanentError } from '#kernel';
import { tarHeader } from './tar/tar-header.js';
import { readDatablock, readManifest } from './read-datablock.js';
import { Dice, MemorySink, inPieces, memberOf } from './testing/memory-tar.js';
import { verifyDatablock } from './verify-datablock.js';
import { writeDatablock } from './write-datablock.js';

const dice = new Dice(42);
const members = [
  memberOf('a', dice.bytes(700)),
  memberOf(`long/${'x'.repeat(120)}`, dice.bytes(2000)),
  memberOf('z/empty', ''),
];
const sink = new MemorySink();
const { manifest } = await writeDatablock({ identity: { pid: 'p' }, members, sink });
const tar = sink.bytes();
const failed = { code: 'datablock.verification-failed', retriable: false };

const verify = (bytes: Buffer, piece = 4096): ReturnType<typeof verifyDatablock> =>
  verifyDatablock(inPieces(bytes, piece), manifest);

async function readAll(bytes: Buffer): Promise<void> {
  for await (const { content } of readDatablock(inPieces(bytes, 4096))) for await (const _ of content);
}

describe('verifyDatablock', () => {
  it('proves a good datablock and gives its digest', async () => {
    const proven = await verify(tar);
    assert.equal(proven.sha256, createHash('sha256').update(tar).digest('hex'));
    assert.equal(proven.packedSize, tar.length);
  });

  it('finds a flipped bit anywhere', async () => {
    for (let position = 0; position < tar.length; position += 1 + dice.roll(15)) {
      const damaged = Buffer.from(tar);
      damaged[position] = (damaged[position] as number) ^ (1 << dice.roll(8));
      await assert.rejects(verify(damaged), failed, `byte ${position}`);
    }
  });

  it('finds a cut at every block', async () => {
    for (let end = 0; end < tar.length; end += 512) {
      await assert.rejects(verify(tar.subarray(0, end)), failed, `cut at ${end}`);
      await assert.rejects(verify(tar.subarray(0, end + 1)), failed, `cut at ${end + 1}`);
    }
  });

  it('finds bytes too many', () => assert.rejects(verify(Buffer.concat([tar, Buffer.alloc(1)])), failed));

  it('finds swapped contents of equal length', async () => {
    const other = Buffer.from(tar);
    const [first] = manifest.members;
    assert.ok(first !== undefined);
    dice.bytes(first.size).copy(other, first.offset);
    await assert.rejects(verify(other), (error: PermanentError) => {
      assert.equal(error.code, 'datablock.verification-failed');
      assert.equal(error.details['path'], 'a');
      assert.equal(error.details['expected'], `SHA-256 ${first.sha256}`);
      return true;
    });
  });

  it('refuses a manifest that does not fit its own layout', () => {
    const shifted = manifest.members.map((member) => ({ ...member, offset: member.offset + 512 }));
    return assert.rejects(verifyDatablock(inPieces(tar, 4096), { ...manifest, members: shifted }), failed);
  });

  it('calls a failing stream transient', () => {
    const stream = (async function* () {
      yield* inPieces(tar.subarray(0, 1000), 100);
      throw new Error('stale handle');
    })();
    return assert.rejects(verifyDatablock(stream, manifest), {
      code: 'datablock.unreadable',
      retriable: true,
    });
  });
});

describe('readDatablock', () => {
  it('skips what the consumer leaves unread', async () => {
    const paths: string[] = [];
    for await (const { path, content } of readDatablock(inPieces(tar, 100))) {
      paths.push(path);
      for await (const _ of content) break;
    }
    assert.deepEqual(
      paths,
      manifest.members.map(({ path }) => path),
    );
  });

  it('finds a flipped bit anywhere', async () => {
    for (let position = 0; position < tar.length; position += 1 + dice.roll(40)) {
      const damaged = Buffer.from(tar);
      damaged[position] = (damaged[position] as number) ^ (1 << dice.roll(8));
      await assert.rejects(readAll(damaged), PermanentError, `byte ${position}`);
    }
  });

  it('finds a cut at every block', async () => {
    for (let end = 0; end < tar.length; end += 512) {
      await assert.rejects(readAll(tar.subarray(0, end)), failed, `cut at ${end}`);
    }
  });

  it('gives out no link, device or folder in place of a file', async () => {
    const [first] = manifest.members;
    assert.ok(first !== undefined);
    for (const type of ['1', '2', '3', '5', '6', 'L', 'x', 'g', 'S']) {
      const hostile = Buffer.from(tar);
      const header = first.offset - 512;
      hostile.write(type, header + 156, 'latin1');
      await assert.rejects(readAll(hostile), failed, `type ${type}`);
    }
  });

  it('keeps to the limits set', async () => {
    for (const limit of [{ maximumMemberBytes: 1999 }, { maximumContentBytes: 2699 }]) {
      await assert.rejects(readDatablock(inPieces(tar, 4096), limit).next(), { code: 'datablock.too-large' });
    }
    for await (const _ of readDatablock(inPieces(tar, 4096), { maximumContentBytes: 2700 }));
  });

  it('lets go of the stream when the consumer leaves', async () => {
    let closed = false;
    const stream = (async function* () {
      try {
        yield* inPieces(tar, 512);
      } finally {
        closed = true;
      }
    })();
    for await (const _ of readDatablock(stream)) break;
    assert.ok(closed);
  });
});

describe('readManifest', () => {
  it('refuses what is no datablock', async () => {
    const time = new Date(0);
    const huge = tarHeader({ name: 'manifest.json', size: 8e9, permissions: 0o644, modifiedAt: time }, 0);
    for (const bytes of [Buffer.alloc(10_240), Buffer.from('x'.repeat(512)), huge, Buffer.alloc(0)]) {
      await assert.rejects(readManifest(inPieces(bytes, 512)), failed);
    }
  });
});
