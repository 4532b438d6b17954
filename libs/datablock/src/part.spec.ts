import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TransientError } from '#kernel';
import { manifestToJson, type DatablockManifest } from './manifest.js';
import { partOf, planPart, rangesOf, type ByteRange, type DatablockPart } from './part.js';
import { readDatablock } from './read-datablock.js';
import { checksumListName } from './tar/layout.js';
import { Dice, MemorySink, inPieces, memberOf } from './testing/memory-tar.js';
import { verifyDatablock } from './verify-datablock.js';
import { writeDatablock } from './write-datablock.js';

const identity = { pid: 'p', partOf: 'whole.tar', selection: 's' };
type Whole = { readonly tar: Buffer; readonly manifest: DatablockManifest };

async function whole(files: Readonly<Record<string, Buffer>>): Promise<Whole> {
  const sink = new MemorySink();
  const members = Object.entries(files).map(([path, content]) =>
    memberOf(path, content, { modifiedAt: new Date(1_714_979_289_120), permissions: 0o640 }),
  );
  const { manifest } = await writeDatablock({
    identity: { pid: 'p', archiveId: 'whole.tar' },
    members,
    sink,
  });
  return { tar: sink.bytes(), manifest };
}

const planned = ({ manifest }: Whole, ...paths: string[]): DatablockPart =>
  planPart(manifest, new Set(paths), identity);

/** Reads ranges of a tar in memory, and remembers which. */
function reader(
  tar: Buffer,
  piece = 70_000,
): ((range: ByteRange) => Promise<AsyncIterable<Buffer>>) & {
  readonly asked: ByteRange[];
} {
  const asked: ByteRange[] = [];
  const read = (range: ByteRange): Promise<AsyncIterable<Buffer>> => {
    asked.push(range);
    return Promise.resolve(inPieces(tar.subarray(range.offset, range.offset + range.length), piece));
  };
  return Object.assign(read, { asked });
}

async function bytesOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('A part of a datablock', () => {
  const files = {
    a: Buffer.from('first'),
    'b/c': Buffer.alloc(3_000_000, 7),
    'b/d': Buffer.from('wanted'),
    'b/e': Buffer.alloc(0),
    f: Buffer.alloc(2000, 1),
  };

  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8])
    it(`with random files (seed ${seed}) is the datablock that these files make`, async () => {
      const dice = new Dice(seed);
      const tree: Record<string, Buffer> = {};
      for (let index = 0; index < 2 + dice.roll(30); index += 1)
        tree[`${dice.pick(['', 'ü/', `${'deep/'.repeat(40)}`])}${index}${dice.pick(['', ' ', '名', '\n'])}`] =
          dice.bytes(dice.pick([0, 1, 511, 512, 513, 9000, 100_000]));
      const made = await whole(tree);
      const wanted = Object.keys(tree).filter((_, index) => index === 0 || dice.roll(3) === 0);
      const maxGap = dice.pick([0, 600, 50_000, Infinity]);
      const part = planned(made, ...wanted);
      const read = reader(made.tar, dice.pick([61, 512, 70_000]));
      const tar = await bytesOf(partOf(part, read, maxGap));
      assert.equal(tar.length, part.packedSize);
      await verifyDatablock(inPieces(tar, 1000), part.manifest);
      assert.deepEqual(read.asked, rangesOf(part, maxGap), 'each range once, in order');
      const sink = new MemorySink();
      const anew = wanted.map((path) =>
        memberOf(path, tree[path]!, { modifiedAt: new Date(1_714_979_289_120), permissions: 0o640 }),
      );
      const { manifest } = await writeDatablock({ identity, members: anew, sink });
      assert.equal(manifestToJson(part.manifest), manifestToJson(manifest));
      assert.ok(tar.equals(sink.bytes()), 'byte for byte');
    });

  it('comes out of our own reader, and of tar and sha256sum, as it went in', async () => {
    const made = await whole(files);
    const part = planned(made, 'b/d', 'b/e', 'b/c');
    const tar = await bytesOf(partOf(part, reader(made.tar)));
    const seen: [string, number][] = [];
    for await (const { path, content } of readDatablock(inPieces(tar, 5000))) {
      const found = await bytesOf(content);
      assert.ok(found.equals(files[path as keyof typeof files]), path);
      seen.push([path, found.length]);
    }
    assert.deepEqual(seen, [
      ['b/c', 3_000_000],
      ['b/d', 6],
      ['b/e', 0],
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'catena-'));
    try {
      writeFileSync(join(folder, 'part.tar'), tar);
      execFileSync('tar', ['xf', 'part.tar'], { cwd: folder });
      execFileSync('sha256sum', ['--check', '--strict', checksumListName], { cwd: folder });
      assert.deepEqual(readdirSync(join(folder, 'data/b')).sort(), ['c', 'd', 'e']);
      assert.equal(readFileSync(join(folder, 'data/b/d'), 'utf8'), 'wanted');
      assert.equal(
        JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).identity.partOf,
        'whole.tar',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is read from its files alone: neighbours in one go, large gaps not at all', async () => {
    const made = await whole(files);
    const at = (path: string) => made.manifest.members.find((member) => member.path === path)!.offset;
    assert.deepEqual(rangesOf(planned(made, 'a', 'b/d', 'b/e', 'f')), [
      { offset: at('a'), length: 5 },
      { offset: at('b/d'), length: at('f') + 2000 - at('b/d') },
    ]);
    assert.deepEqual(rangesOf(planned(made, 'b/e')), [], 'an empty file needs nothing');
    const read = reader(made.tar);
    await bytesOf(partOf(planned(made, 'b/e'), read));
    assert.deepEqual(read.asked, []);
  });

  it('is made of a tar whose files lie in another order, each read where it lies', async () => {
    const contents = { c: 'third', a: 'first', b: 'second' };
    const tar = Buffer.from(Object.values(contents).join('-'));
    const members = Object.entries(contents)
      .map(([path, text]) => ({
        ...{ path, size: text.length, permissions: 0o644, modifiedAt: new Date(0) },
        ...{ sha256: createHash('sha256').update(text).digest('hex'), offset: tar.indexOf(text) },
      }))
      .sort((one, other) => (one.path < other.path ? -1 : 1));
    const part = planPart({ identity: {}, members }, new Set(['a', 'b', 'c']), { pid: 'p' });
    const asked: number[] = [];
    const read = async function* ({ offset, length }: ByteRange) {
      asked.push(offset);
      yield await Promise.resolve(tar.subarray(offset, offset + length));
    };
    const found: Record<string, string> = {};
    for await (const { path, content } of readDatablock(
      partOf(part, (range) => Promise.resolve(read(range))),
    )) {
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(piece);
      found[path] = Buffer.concat(pieces).toString();
    }
    assert.deepEqual(found, contents);
    assert.deepEqual(asked, [6, 0], 'neighbours in one go');
  });

  it('is not whole where a wanted file is not what the manifest says: its end never comes', async () => {
    const made = await whole(files);
    const part = planned(made, 'a', 'b/c', 'b/d');
    for (const { path, offset, size } of part.sources) {
      const tar = Buffer.from(made.tar);
      tar[offset + size - 1]! ^= 1;
      let bytes = 0;
      await assert.rejects(
        async () => {
          for await (const chunk of partOf(part, reader(tar))) bytes += chunk.length;
        },
        { code: 'datablock.verification-failed', message: new RegExp(path) },
      );
      assert.ok(bytes < part.packedSize, path);
    }
  });

  it('does not mind rot in what is not wanted, nor in what lies between wanted files', async () => {
    const made = await whole(files);
    const part = planned(made, 'a', 'b/d', 'f');
    const good = await bytesOf(partOf(part, reader(made.tar)));
    const tar = Buffer.from(made.tar);
    const isWanted = (at: number): boolean =>
      part.sources.some(({ offset, size }) => at >= offset && at < offset + size);
    for (let at = 0; at < tar.length; at += 1) if (!isWanted(at)) tar[at]! ^= 0xff;
    assert.ok(good.equals(await bytesOf(partOf(part, reader(tar), Infinity))));
  });

  it('is not whole where the datablock ends early', async () => {
    const made = await whole(files);
    const part = planned(made, 'f');
    const { offset } = part.sources[0]!;
    await assert.rejects(bytesOf(partOf(part, reader(made.tar.subarray(0, offset + 10)))), {
      code: 'datablock.verification-failed',
      message: /the end of the stream/,
    });
  });

  it('can be tried again where reading fails, and lets go of what it has opened', async () => {
    const made = await whole(files);
    const part = planned(made, 'a', 'b/d');
    for (const [error, code] of [
      [new Error('the drive stopped'), 'datablock.unreadable'],
      [new TransientError('long-term-storage.unavailable', 'away'), 'long-term-storage.unavailable'],
    ] as const) {
      const failing = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from('fi');
        throw error;
      };
      await assert.rejects(bytesOf(partOf(part, () => Promise.resolve(failing()))), {
        code,
        retriable: true,
      });
    }
    let closed = 0;
    const watched = async function* (range: ByteRange): AsyncGenerator<Buffer> {
      try {
        yield* inPieces(made.tar.subarray(range.offset, range.offset + range.length), 10_000);
      } finally {
        closed += 1;
      }
    };
    const big = planned(made, 'b/c');
    for await (const _ of partOf(big, (range) => Promise.resolve(watched(range)))) break;
    assert.equal(closed, 1);
  });

  it('holds the first bytes before its own first ones come: a tape may take minutes', async () => {
    const made = await whole(files);
    let mounted: () => void = () => undefined;
    const slow = async (range: ByteRange): Promise<AsyncIterable<Buffer>> => {
      await new Promise<void>((resolve) => (mounted = resolve));
      return inPieces(made.tar.subarray(range.offset, range.offset + range.length), 100);
    };
    let hasBegun = false;
    const first = partOf(planned(made, 'b/c'), slow)
      .next()
      .then(() => (hasBegun = true));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    assert.equal(hasBegun, false);
    mounted();
    await first;
  });

  it('of files that are not there is none, and the first ones are named', async () => {
    const made = await whole(files);
    assert.throws(() => planned(made, 'a', 'nope', 'b'), {
      code: 'datablock.member-unknown',
      message: /2 are not there, among them \["nope","b"\]/,
    });
    assert.throws(() => planned(made), { code: 'datablock.no-members' });
  });

  it('comes in chunks of about 1 MiB, however many small files there are', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [
        `f${String(index).padStart(5, '0')}`,
        Buffer.alloc(600, index),
      ]),
    );
    const made = await whole(many);
    const part = planned(made, ...Object.keys(many).slice(1));
    const sizes: number[] = [];
    for await (const chunk of partOf(part, reader(made.tar))) sizes.push(chunk.length);
    assert.ok(
      sizes.slice(0, -1).every((size) => size >= 1_048_576 && size < 3_000_000),
      String(sizes),
    );
  });
});
