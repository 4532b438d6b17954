import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { walk } from './walk.js';

const never = new AbortController().signal;

describe('walk', () => {
  let root: string;
  before(() => (root = mkdtempSync(join(tmpdir(), 'catena-walk-'))));
  after(() => rmSync(root, { recursive: true, force: true }));

  it('finds files of any name in the order of their bytes, with size, time and permissions', async () => {
    for (const [path, text] of [
      ['b/ünï.txt', 'abc'],
      ['b/new\nline', ''],
      ['a 😀', 'x'],
    ] as const) {
      mkdirSync(join(root, 'b'), { recursive: true });
      writeFileSync(join(root, path), text, { mode: 0o640 });
      utimesSync(join(root, path), 1600000000.123, 1600000000.123);
    }
    const { files, bytes, unsupported } = await walk(root, never);
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['a 😀', 1],
        ['b/new\nline', 0],
        ['b/ünï.txt', 3],
      ],
    );
    assert.equal(bytes, 4);
    assert.deepEqual(unsupported, []);
    assert.equal(files[0]?.permissions, 0o640);
    assert.equal(files[0]?.modifiedAt.toISOString(), '2020-09-13T12:26:40.123Z');
  });

  it('names links, sockets, unreadable names, long paths and empty folders, and follows nothing', async () => {
    const odd = join(root, 'odd');
    mkdirSync(join(odd, 'void', 'inner'), { recursive: true });
    symlinkSync('/etc', join(odd, 'link to a folder'));
    symlinkSync('nowhere', join(odd, 'dangling'));
    const server = createServer().listen(join(odd, 'socket'));
    await once(server, 'listening');
    writeFileSync(Buffer.concat([Buffer.from(`${odd}/latin-`), Buffer.from([0xe9])]), '');
    const deep = Array.from({ length: 5 }, () => 'x'.repeat(200)).join('/');
    mkdirSync(join(odd, deep), { recursive: true });
    const { files, unsupported, emptyFolders } = await walk(odd, never);
    server.close();
    assert.deepEqual(files, []);
    assert.deepEqual(unsupported.map(({ reason }) => reason).sort(), [
      'a socket',
      'a symbolic link',
      'a symbolic link',
      'its name is not UTF-8',
      'its path is longer than 900 bytes',
    ]);
    assert.deepEqual(emptyFolders, ['void/inner']);
  });

  it('stops when interrupted', async () => {
    await assert.rejects(walk(root, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});
