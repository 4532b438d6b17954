import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { StoredShare } from './manifest-shape.js';
import { dumpShare, loadShare, missingFiles, type LoadedShare } from './share.js';

const { signal } = new AbortController();
const time = new Date('2020-02-03T04:05:06.789Z');
const isRoot = process.getuid?.() === 0;

describe('A share in a backup', () => {
  let base: string;
  let root: string;
  let folder: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'catena-share-'));
    root = join(base, 'share');
    folder = join(base, 'backup');
    await mkdir(join(root, 'a/b'), { recursive: true });
    await mkdir(folder);
    await writeFile(join(root, 'a/b/1.tar'), 'one');
    await writeFile(join(root, 'a/2.tar'), 'two');
    await writeFile(join(root, 'a/3.tar.partial'), 'three');
    if (isRoot) for (const path of ['a', 'a/b/1.tar']) await chown(join(root, path), 1234, 4321);
    await chmod(join(root, 'a'), 0o2750);
    await chmod(join(root, 'a/b/1.tar'), 0o444);
    await utimes(join(root, 'a/b/1.tar'), time, time);
  });
  afterEach(() => rm(base, { recursive: true }));

  const dump = (): Promise<StoredShare> => dumpShare(root, 0, folder, signal);
  async function load(share: StoredShare): Promise<LoadedShare> {
    return loadShare(share, folder, await missingFiles(share, signal), signal);
  }

  it('is kept where only its owner can read it', async () => {
    await dump();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      assert.equal(mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, entry.name);
    }
  });

  it('comes back with content, time, rights and owners, of its folders as well', async () => {
    const kept = await dump();
    await rm(join(root, 'a'), { recursive: true });
    const { files, withOtherOwner } = await load(kept);
    assert.deepEqual({ files, withOtherOwner }, { files: 2, withOtherOwner: 0 });
    assert.equal(await readFile(join(root, 'a/b/1.tar'), 'utf8'), 'one');
    assert.deepEqual(await dumpShare(root, 0, join(base, 'again'), signal), kept);
    const { uid, gid, mode, mtime } = await stat(join(root, 'a/b/1.tar'));
    assert.deepEqual([mode & 0o777, mtime], [0o444, time]);
    if (isRoot) assert.deepEqual([uid, gid], [1234, 4321]);
    assert.equal((await load(kept)).files, 0, 'nothing is missing then');
  });

  it('of an earlier version comes back with time and rights of the kept files', async () => {
    const { files } = await dump();
    const former = { root, files: files.map(({ attributes: _, ...file }) => file) };
    await utimes(join(folder, 'shares/0/a/b/1.tar'), time, time);
    await chmod(join(folder, 'shares/0/a/b/1.tar'), 0o444);
    await rm(join(root, 'a'), { recursive: true });
    await load(former);
    const { mode, mtime } = await stat(join(root, 'a/b/1.tar'));
    assert.deepEqual([mode & 0o777, mtime], [0o444, time]);
  });

  it('tells how many files stay those of another owner', async () => {
    const kept = await dump();
    // To the system, this number means: leave the owner as it is. So it is one that even root gives nothing to.
    const nobody = 2 ** 32 - 1;
    const attributes = { uid: nobody, gid: nobody, mode: 0o640, modifiedAt: time.toISOString() };
    const files = kept.files.map((file) => ({ ...file, attributes }));
    await rm(join(root, 'a'), { recursive: true });
    assert.equal((await load({ root, files })).withOtherOwner, 2);
  });

  it('replaces no file that is another one now, and does not follow a link in its place', async () => {
    const kept = await dump();
    const place = join(root, 'a/b/1.tar');
    await rm(place);
    await writeFile(place, 'else');
    await assert.rejects(missingFiles(kept, signal), { code: 'cli.conflict' });
    await rm(place);
    await writeFile(join(base, 'same'), 'one');
    await symlink(join(base, 'same'), place);
    await assert.rejects(missingFiles(kept, signal), { code: 'cli.conflict', message: /found .* no file/ });
  });

  it('writes nothing where a folder has become a link that leads elsewhere', async () => {
    const kept = await dump();
    const missing = kept.files;
    await rm(join(root, 'a/b'), { recursive: true });
    await mkdir(join(base, 'elsewhere'));
    await symlink(join(base, 'elsewhere'), join(root, 'a/b'));
    await assert.rejects(missingFiles(kept, signal), { code: 'cli.conflict', message: /a link or a file/ });
    await assert.rejects(
      loadShare(
        kept,
        folder,
        missing.filter(({ path }) => path.startsWith('a/b/')),
        signal,
      ),
      { code: 'cli.conflict' },
    );
    assert.deepEqual(await readdir(join(base, 'elsewhere')), []);
  });

  it('gives way to another writer who was quicker', async () => {
    const kept = await dump();
    await rm(join(root, 'a/2.tar'));
    const missing = await missingFiles(kept, signal);
    await writeFile(join(root, 'a/2.tar'), 'of another writer');
    await assert.rejects(loadShare(kept, folder, missing, signal), {
      code: 'cli.conflict',
      message: /another writer/,
    });
    assert.equal(await readFile(join(root, 'a/2.tar'), 'utf8'), 'of another writer');
    assert.ok(!(await readdir(join(root, 'a'))).some((name) => /-.*[.]partial$/.test(name)), 'no draft');
  });

  it('with a long name comes back as well', async () => {
    const name = `${'n'.repeat(250)}.tar`;
    await writeFile(join(root, name), 'long');
    const kept = await dump();
    await rm(join(root, name));
    assert.equal((await load(kept)).files, 1);
  });
});
