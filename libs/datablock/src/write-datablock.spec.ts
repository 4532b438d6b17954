import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PermanentError, TransientError } from '#kernel';
import type { DatablockMember } from './member.js';
import { MemorySink, inPieces, memberOf } from './testing/memory-tar.js';
import { packedSizeOf, writeDatablock } from './write-datablock.js';

const identity = { pid: '20.500/x', archiveId: 'a1' };
const pack = (
  members: DatablockMember[],
  rest: Partial<Parameters<typeof writeDatablock>[0]> = {},
): ReturnType<typeof writeDatablock> =>
  writeDatablock({ identity, members, sink: new MemorySink(), ...rest });

describe('writeDatablock', () => {
  it('describes what it packed', async () => {
    const sink = new MemorySink();
    const { manifest, packedSize, contentSize } = await pack([memberOf('b', 'two'), memberOf('a', '')], {
      sink,
    });
    assert.deepEqual(
      manifest.members.map(({ path, size }) => ({ path, size })),
      [
        { path: 'a', size: 0 },
        { path: 'b', size: 3 },
      ],
    );
    assert.equal(contentSize, 3);
    assert.equal(sink.bytes().length, packedSize);
    assert.equal(packedSize % 10_240, 0);
    const [, second] = manifest.members;
    assert.ok(second !== undefined);
    assert.equal(second.sha256, createHash('sha256').update('two').digest('hex'));
    assert.equal(sink.bytes().toString('utf8', second.offset, second.offset + 3), 'two');
  });

  it('knows the size beforehand', async () => {
    const members = [memberOf('ü'.repeat(90), 'x'.repeat(1000)), memberOf('y', '')];
    assert.equal(packedSizeOf(identity, members), (await pack(members)).packedSize);
  });

  it('makes the same bytes of the same files in any order', async () => {
    const members = ['z', 'a/ä', 'a/b', '𝒳', '\uffff'].map((path) => memberOf(path, `content of ${path}`));
    const [one, other] = [new MemorySink(), new MemorySink()];
    await pack(members, { sink: one });
    const { manifest } = await pack([...members].reverse(), { sink: other });
    assert.ok(one.bytes().equals(other.bytes()));
    // By UTF-8 bytes, where JavaScript's own order would put the last two the other way round.
    assert.deepEqual(
      manifest.members.map(({ path }) => path),
      ['a/b', 'a/ä', 'z', '\uffff', '𝒳'],
    );
  });

  it('keeps only permission bits', async () => {
    const { manifest } = await pack([memberOf('a', '', { permissions: 0o104755 })]);
    assert.equal(manifest.members[0]?.permissions, 0o755);
  });

  it('gathers small members into large writes', async () => {
    const sink = new MemorySink();
    const members = Array.from({ length: 3000 }, (_, index) => memberOf(`f${index}`, 'x'.repeat(900)));
    await pack(members, { sink });
    assert.ok(sink.chunkSizes.length < 12, `${sink.chunkSizes.length} writes`);
  });

  it('reports progress that ends at the whole', async () => {
    const seen: number[] = [];
    const { packedSize } = await pack([memberOf('a', Buffer.alloc(5_000_000))], {
      onProgress: ({ bytes, totalBytes }) => {
        assert.ok(bytes <= totalBytes);
        seen.push(bytes);
      },
    });
    assert.equal(seen.at(-1), packedSize);
  });

  it('opens the next members ahead, but not without limit', async () => {
    let [open, most] = [0, 0];
    const slow = (path: string): DatablockMember =>
      memberOf(path, 'x', {
        open: async () => {
          most = Math.max(most, ++open);
          await turn();
          open -= 1;
          return Readable.from([Buffer.from('x')]);
        },
      });
    await pack(Array.from({ length: 500 }, (_, index) => slow(`f${index}`)));
    assert.ok(most > 8 && most <= 96, `${most} at once`);
  });

  it('does not open a member long before its turn', async () => {
    const opened: string[] = [];
    const big = (path: string): DatablockMember => {
      const member = memberOf(path, Buffer.alloc(20_000_000));
      return {
        ...member,
        open: () => {
          opened.push(path);
          return member.open();
        },
      };
    };
    const states: number[] = [];
    await pack([big('a'), big('b'), big('c')], { onProgress: () => states.push(opened.length) });
    assert.equal(states[0], 1);
  });
});

describe('writeDatablock refuses', () => {
  const cases: readonly [string, string, DatablockMember[]][] = [
    ['no members', 'datablock.no-members', []],
    ['a path twice', 'datablock.duplicate-path', [memberOf('a', ''), memberOf('a', '')]],
    [
      'a file that is a folder too',
      'datablock.duplicate-path',
      [memberOf('a/b', ''), memberOf('a', ''), memberOf('a!', '')],
    ],
    ['a path out of the dataset', 'kernel.unsafe-path', [memberOf('../a', '')]],
    ['a lone surrogate', 'datablock.unsafe-path', [memberOf('a\ud800', '')]],
    ['a fractional size', 'datablock.member-invalid', [memberOf('a', '', { size: 0.5 })]],
    [
      'a time that is none',
      'datablock.member-invalid',
      [memberOf('a', '', { modifiedAt: new Date(Number.NaN) })],
    ],
    ['a digest that is none', 'datablock.member-invalid', [memberOf('a', '', { expectedSha256: 'ABC' })]],
  ];
  for (const [what, code, members] of cases) {
    it(what, () => assert.rejects(pack(members), { code, retriable: false }));
  }

  for (const size of [10, 400_000]) {
    it(`a member of ${size} bytes that yields fewer or more`, async () => {
      const content = Buffer.alloc(size, 'x');
      for (const announced of [size - 1, size + 1]) {
        await assert.rejects(pack([memberOf('a', content, { size: announced })]), (error: PermanentError) => {
          assert.equal(error.code, 'datablock.member-changed');
          assert.deepEqual(error.details, { path: 'a', expected: announced, found: size });
          return true;
        });
      }
    });
  }

  it('a member with another digest than expected', () =>
    assert.rejects(pack([memberOf('a', 'x', { expectedSha256: '0'.repeat(64) })]), {
      code: 'datablock.checksum-mismatch',
      retriable: false,
    }));

  it('a member that is missing', async () => {
    const gone = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    const notFound = new PermanentError('storage.not-found', 'gone');
    for (const error of [gone, notFound]) {
      await assert.rejects(pack([memberOf('a', 'x', { open: () => Promise.reject(error) })]), {
        code: 'datablock.member-missing',
        retriable: false,
      });
    }
  });
});

describe('writeDatablock under failure', () => {
  const broken = (size: number): DatablockMember =>
    memberOf('a', Buffer.alloc(size), {
      open: () =>
        Promise.resolve(
          Readable.from(
            (async function* () {
              yield Buffer.alloc(10);
              await turn();
              throw new Error('connection reset');
            })(),
          ),
        ),
    });

  for (const size of [100, 1_000_000]) {
    it(`calls a read error of a member of ${size} bytes transient`, () =>
      assert.rejects(pack([broken(size)]), { code: 'datablock.member-unreadable', retriable: true }));
  }

  it('calls an unknown error of opening transient', () =>
    assert.rejects(pack([memberOf('a', 'x', { open: () => Promise.reject(new Error('502')) })]), {
      code: 'datablock.member-unreadable',
      retriable: true,
    }));

  it('passes errors of the sink on unchanged and closes what it opened', async () => {
    const full = new TransientError('long-term-storage.full', 'full');
    const streams: Readable[] = [];
    const members = ['a', 'b', 'c'].map((path) =>
      memberOf(path, Buffer.alloc(3_000_000), {
        open: () => {
          const stream = Readable.from([Buffer.alloc(1_500_000), Buffer.alloc(1_500_000)]);
          streams.push(stream);
          return Promise.resolve(stream);
        },
      }),
    );
    const sink = { write: () => Promise.reject(full), writeAt: () => Promise.resolve() };
    await assert.rejects(pack(members, { sink }), full);
    await turn();
    assert.ok(streams.length > 1 && streams.every((stream) => stream.destroyed));
  });

  for (const where of ['open', 'read', 'write'] as const) {
    it(`stops at once on abort, though ${where} hangs`, async () => {
      const hang = new Promise<never>(() => undefined);
      const never = new Readable({ read: () => undefined });
      const content = Buffer.alloc(600_000);
      const sources = {
        open: hang,
        read: Promise.resolve(never),
        write: Promise.resolve(inPieces(content, 600_000)),
      };
      const member = memberOf('a', content, { open: () => sources[where] });
      const sink = {
        write: () => (where === 'write' ? hang : Promise.resolve()),
        writeAt: () => Promise.resolve(),
      };
      const stop = new AbortController();
      const packing = pack([member], { sink, signal: stop.signal });
      await turn();
      await turn();
      stop.abort(new TransientError('archival.lease-lost', 'lost'));
      await assert.rejects(packing, { code: 'archival.lease-lost' });
      assert.equal(never.destroyed, where === 'read');
    });
  }

  it('does not begin when already aborted', () =>
    assert.rejects(pack([memberOf('a', 'x')], { signal: AbortSignal.abort() }), {
      code: 'datablock.aborted',
    }));
});
