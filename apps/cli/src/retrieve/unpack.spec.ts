import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Progress } from '#command-line';
import { writeDatablock } from '#datablock';
import { inPieces, memberOf, MemorySink } from '#datablock/testing';
import { NamedFiles } from '#kernel';
import { TargetFolder } from './target-folder.js';
import { unpack } from './unpack.js';

describe('A datablock that brings more than was asked for', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'catena-unpack-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('is unpacked only as far as it was asked for', async () => {
    const sink = new MemorySink();
    const members = ['a', 'b/c', 'b/d', 'e'].map((path) => memberOf(path, `of ${path}`));
    await writeDatablock({ identity: { pid: 'p' }, members, sink });
    const tar = sink.bytes();
    const folder = await TargetFolder.open(root);
    const named = new NamedFiles(['b', 'e']);
    const unpacked = await unpack(() => inPieces(tar, 1000), tar.length, {
      ...{ folder, overwrite: false, signal: new AbortController().signal, taken: new Set<string>() },
      progress: { advance: () => undefined, end: () => undefined } as unknown as Progress,
      isWanted: (path) => named.see(path),
    });
    await folder.leave();
    assert.deepEqual(unpacked, { written: 3, alreadyThere: 0 });
    assert.deepEqual(
      [(await readdir(root)).sort(), (await readdir(join(root, 'b'))).sort()],
      [
        ['b', 'e'],
        ['c', 'd'],
      ],
    );
    assert.equal(await readFile(join(root, 'e'), 'utf8'), 'of e');
  });
});
