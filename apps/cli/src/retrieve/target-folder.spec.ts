import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inLanes } from '../in-lanes.js';
import { partialName, TargetFolder, type WantedFile } from './target-folder.js';

const content = Buffer.from('hello');
const never = new AbortController().signal;
const none = (): boolean => false;

function wanted(path: string): WantedFile {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    path,
    size: content.length,
    sha256,
    permissions: 0o640,
    modifiedAt: new Date('2020-02-03T04:05:06.789Z'),
  };
}

async function* chunks(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

describe('TargetFolder', () => {
  let base: string;
  let folder: TargetFolder;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'catena-target-'));
    folder = await TargetFolder.open(join(base, 'target'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('restores content, time and permissions, and leaves nothing beside', async () => {
    const file = wanted('a/b/ünï\n.txt');
    assert.equal(await folder.stateOf(file, never), 'absent');
    await folder.write(file, chunks(content.subarray(0, 2), content.subarray(2)), none);
    const stats = statSync(join(folder.root, file.path), { bigint: true });
    assert.equal(stats.mtimeNs / 1_000_000n, BigInt(file.modifiedAt.getTime()));
    assert.equal(Number(stats.mode) & 0o777, 0o640);
    assert.equal(await folder.stateOf(file, never), 'same');
    assert.equal(await folder.stateOf({ ...file, sha256: '0'.repeat(64) }, never), 'different');
    assert.deepEqual(readdirSync(join(folder.root, 'a/b')), ['ünï\n.txt']);
  });

  it('restores times before 1970, to the millisecond', async () => {
    for (const [path, time] of [
      ['moon', '1969-07-20T20:17:40.123Z'],
      ['plates', '1931-02-03T04:05:06.789Z'],
      ['almost', '1969-12-31T23:59:59.999Z'],
      ['epoch', '1970-01-01T00:00:00.000Z'],
    ] as const) {
      const file = { ...wanted(path), modifiedAt: new Date(time) };
      await folder.write(file, chunks(content), none);
      const { mtimeMs } = statSync(join(folder.root, path));
      assert.equal(new Date(Math.floor(mtimeMs)).toISOString(), time, path);
      await folder.restoreAttributes({ ...file, modifiedAt: new Date('1950-01-01') });
      assert.equal(statSync(join(folder.root, path)).mtime.toISOString(), '1950-01-01T00:00:00.000Z');
    }
  });

  it('goes again when it was made for nothing, and stays when it was there or holds something', async () => {
    await folder.leave();
    assert.equal(existsSync(folder.root), false);
    mkdirSync(folder.root);
    await (await TargetFolder.open(folder.root)).leave();
    assert.deepEqual(readdirSync(folder.root), []);
    const kept = await TargetFolder.open(join(base, 'kept'));
    await kept.write(wanted('x'), chunks(content), none);
    await kept.leave();
    assert.deepEqual(readdirSync(kept.root), ['x']);
  });

  it('is refused with a sentence where nothing can be made or written, and never waits', async () => {
    await folder.write(wanted('file'), chunks(content), none);
    for (const place of ['/proc/x', '/proc', join(folder.root, 'file'), join(folder.root, 'file/x'), ''])
      await assert.rejects(
        TargetFolder.open(place),
        { code: 'cli.usage', message: /Expected .*folder/ },
        place,
      );
  });

  it('says beforehand when the files certainly do not fit', async () => {
    await folder.assertRoom(1000, never);
    await assert.rejects(folder.assertRoom(2 ** 62, never), {
      code: 'cli.failed',
      message: /Expected room for 4096\S* PiB .* found .* free\. Make room/,
    });
  });

  it('says which file could not be written, and what helps, when the disk is full', async () => {
    async function* full(): AsyncGenerator<Buffer> {
      yield content;
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
        ...{ code: 'ENOSPC', syscall: 'write' },
      });
    }
    await assert.rejects(folder.write(wanted('big'), full(), none), {
      code: 'cli.failed',
      message: /Expected to write big into .*, found a full disk \(ENOSPC\)\. Make room/,
    });
    assert.deepEqual(readdirSync(folder.root), []);
  });

  it('gives no name to content that turns out wrong at its end', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield content;
      throw new Error('checksum');
    }
    await assert.rejects(folder.write(wanted('x'), broken(), none), /checksum/);
    assert.deepEqual(readdirSync(folder.root), []);
  });

  for (const path of ['../outside', '/outside', 'a/../../outside', 'a//b', './a'])
    it(`refuses the path ${path}`, async () => {
      await assert.rejects(folder.write(wanted(path), chunks(content), none), { code: 'kernel.unsafe-path' });
      assert.equal(existsSync(join(base, 'outside')), false);
    });

  it('takes files of several lanes into one new folder', async () => {
    const files = Array.from({ length: 50 }, (_, index) => wanted(`new/folder/${index}`));
    await inLanes(10, files, (file) => folder.write(file, chunks(content), none));
    assert.equal(readdirSync(join(folder.root, 'new/folder')).length, files.length);
  });

  it('refuses to go through a link on the way', async () => {
    mkdirSync(join(base, 'outside'));
    symlinkSync(join(base, 'outside'), join(folder.root, 'way'));
    await assert.rejects(folder.stateOf(wanted('way/file'), never), { code: 'cli.conflict' });
    await assert.rejects(folder.write(wanted('way/file'), chunks(content), none), { code: 'cli.conflict' });
    assert.deepEqual(readdirSync(join(base, 'outside')), []);
  });

  it('replaces a link at the place of a file, not what it leads to', async () => {
    symlinkSync(join(base, 'outside'), join(folder.root, 'file'));
    assert.equal(await folder.stateOf(wanted('file'), never), 'different');
    await folder.write(wanted('file'), chunks(content), none);
    assert.equal(existsSync(join(base, 'outside')), false);
    assert.equal(readFileSync(join(folder.root, 'file'), 'utf8'), 'hello');
  });
});

describe('partialName', () => {
  it('avoids names that belong to other files', () => {
    assert.equal(partialName('a/b', none), 'a/b.partial');
    assert.equal(
      partialName('a/b', (name) => name === 'a/b.partial'),
      'a/b.partial.partial',
    );
  });
  it('stays short enough for a file system', () => {
    const name = partialName(`a/${'x'.repeat(255)}`, none);
    assert.match(name, /^a\/[0-9a-f]{64}\.partial$/);
  });
});
