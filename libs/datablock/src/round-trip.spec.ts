import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checksumListName } from './tar/layout.js';
import { manifestToJson } from './manifest.js';
import type { DatablockMember } from './member.js';
import { readDatablock, readManifest } from './read-datablock.js';
import { Dice, MemorySink, inPieces, memberOf } from './testing/memory-tar.js';
import { verifyDatablock } from './verify-datablock.js';
import { writeDatablock } from './write-datablock.js';

const oddNames = [
  'manifest.json',
  'data/manifest.json',
  '-rf',
  '--checkpoint=1',
  'new\nline',
  'back\\slash',
  'trailing blank ',
  'quote\'"`$(true)',
  'x'.repeat(255),
  'ö'.repeat(127),
  'e\u0301 and \u00e9',
  '名前/😀',
  '*?[a]',
  'con\tab\rret',
  `${'deep/'.repeat(600)}end`,
  `${'n'.repeat(90)}`,
  `${'n'.repeat(95)}`,
  `${'n'.repeat(96)}`,
  '..a/.b',
];

describe('a datablock', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`of random files (seed ${seed}) comes out of tar as it went in`, () => throughTar(randomTree(seed)));
  }

  it('of odd names comes out of tar as it went in', () =>
    throughTar(
      oddNames.map((name) => ({ name, content: Buffer.from(`in ${name}`), time: 1_714_979_289_120 })),
    ));

  it('comes out of our own reader as it went in', async () => {
    for (const piece of [61, 511, 512, 70_000]) {
      const { tar, files } = await packed(randomTree(piece));
      const seen = new Map<string, Buffer>();
      for await (const member of readDatablock(inPieces(tar, piece))) {
        seen.set(member.path, await collect(member.content));
      }
      assert.equal(seen.size, files.length);
      for (const { name, content } of files) assert.ok(seen.get(name)?.equals(content), name);
    }
  });

  it('is checkable with nothing but tar and sha256sum', () =>
    unpackedByTar(
      oddNames.map((name) => ({ name, content: Buffer.from(name), time: 0 })),
      (folder) => {
        const output = execFileSync('sha256sum', ['--check', '--strict', checksumListName], { cwd: folder });
        assert.equal(output.toString().match(/: OK\n/g)?.length, oddNames.length);
      },
    ));
});

interface File {
  readonly name: string;
  readonly content: Buffer;
  readonly time: number;
}

function randomTree(seed: number): File[] {
  const dice = new Dice(seed);
  const names = new Set<string>();
  const letters = ['a', 'B', 'ü', '名', ' ', '-', '.x', '\n', '😀', "'"];
  const word = (): string => Array.from({ length: 1 + dice.roll(12) }, () => dice.pick(letters)).join('');
  // The suffixes keep files and folders apart.
  while (names.size < 40) {
    const folders = Array.from({ length: dice.roll(6) }, () => `${word()}_`);
    names.add([...folders, `${word()}~`].join('/'));
  }
  return [...names].map((name) => ({
    name,
    content: dice.bytes(dice.pick([0, 1, 511, 512, 513, 10_000, 300_000 * (dice.roll(20) === 0 ? 1 : 0)])),
    time: dice.roll(1_700_000_000) * 1000 + dice.pick([0, dice.roll(1000)]),
  }));
}

async function packed(files: File[]): Promise<{ tar: Buffer; files: File[] }> {
  const sink = new MemorySink();
  const members: DatablockMember[] = files.map(({ name, content, time }) =>
    memberOf(name, content, { modifiedAt: new Date(time), permissions: 0o640 }),
  );
  const { manifest } = await writeDatablock({ identity: { pid: 'p' }, members, sink });
  const tar = sink.bytes();
  const proven = await verifyDatablock(inPieces(tar, 65_536), manifest);
  assert.equal(proven.packedSize, tar.length);
  assert.equal(manifestToJson(await readManifest(inPieces(tar, 1000))), manifestToJson(manifest));
  return { tar, files };
}

async function throughTar(files: File[]): Promise<void> {
  await unpackedByTar(files, (folder, listing) => {
    assert.equal(listing.length, files.length + 2);
    assert.ok(listing[0]?.endsWith(' manifest.json'), listing[0]);
    for (const { name, content, time } of files) {
      const path = join(folder, 'data', name);
      assert.ok(readFileSync(path).equals(content), name);
      const { mtimeMs, mode } = statSync(path);
      assert.equal(Math.round(mtimeMs), time, name);
      assert.equal(mode & 0o777, 0o640);
    }
  });
}

async function unpackedByTar(
  files: File[],
  check: (folder: string, listing: string[]) => void,
): Promise<void> {
  const { tar } = await packed(files);
  const folder = mkdtempSync(join(tmpdir(), 'catena-'));
  try {
    const path = join(folder, 'block.tar');
    writeFileSync(path, tar);
    const listing = execFileSync('tar', ['tvf', path, '--quoting-style=escape']);
    execFileSync('tar', ['xpf', path, '-C', folder]);
    check(folder, listing.toString().trimEnd().split('\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function collect(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
