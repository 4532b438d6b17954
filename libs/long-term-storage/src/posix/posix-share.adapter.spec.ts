import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { PosixShare } from './posix-share.adapter.js';
import { shareError } from './share-errors.js';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'catena-share-'));
  folders.push(root);
  return root;
}

const share = (root: string): PosixShare => new PosixShare({ name: 'share', root });

async function store(storage: PosixShare, name: string, content: string): Promise<void> {
  const writer = await storage.create(name, 't');
  await writer.write(Buffer.from(content));
  await writer.commit();
}

longTermStorageConformance('a POSIX share', () => Promise.resolve(share(newRoot())));
longTermStorageConformance('a POSIX share without hard links', () =>
  Promise.resolve(new PosixShare({ name: 'share', root: newRoot(), hardLinks: false })),
);

describe('a POSIX share', () => {
  it('leaves nothing but the file', async () => {
    const root = newRoot();
    await store(share(root), 'pid/1/0.tar', 'x');
    assert.deepEqual(readdirSync(join(root, 'pid/1')), ['0.tar']);
  });

  it('clears empty folders away with the file, not more', async () => {
    const root = newRoot();
    await store(share(root), 'a/b/x', 'x');
    await store(share(root), 'a/y', 'y');
    await share(root).remove('a/b/x');
    assert.deepEqual(readdirSync(join(root, 'a')), ['y']);
    await share(root).remove('a/y');
    assert.deepEqual(readdirSync(root), []);
  });

  it('never creates its root, and says so', async () => {
    const root = join(newRoot(), 'not-mounted');
    const away = { code: 'long-term-storage.unavailable', retriable: true };
    await assert.rejects(share(root).create('x', 'a'), away);
    await assert.rejects(share(root).stat('x'), away);
    await assert.rejects(share(root).remove('x'), away);
    await assert.rejects(share(root).freeBytes(), away);
    await assert.rejects(share(root).list('').next(), away);
    assert.ok(!existsSync(root));
  });

  it('does not take an empty mount point for the share', async () => {
    const root = newRoot();
    const marked = new PosixShare({ name: 'share', root, marker: '.this-is-the-share' });
    await assert.rejects(marked.create('x', 'a'), { code: 'long-term-storage.unavailable' });
    assert.deepEqual(readdirSync(root), []);
    writeFileSync(join(root, '.this-is-the-share'), '');
    await store(marked, 'x', 'x');
    const listed = [];
    for await (const { name } of marked.list('')) listed.push(name);
    assert.deepEqual(listed, ['x']);
  });

  it('follows no link', async () => {
    const [root, outside] = [newRoot(), newRoot()];
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(root, 'folder'));
    symlinkSync(join(outside, 'secret'), join(root, 'file'));
    const refused = { code: 'long-term-storage.unsafe-link', retriable: false };
    for (const name of ['folder/secret', 'file']) {
      await assert.rejects(share(root).read(name), refused);
      await assert.rejects(share(root).stat(name), refused);
    }
    await assert.rejects(share(root).create('folder/new', 'a'), refused);
    await assert.rejects(share(root).create('folder/deep/new', 'a'), refused);
    await assert.rejects(share(root).remove('folder/secret'), refused);
    await assert.rejects(share(root).removePartials('folder/secret'), refused);
    await assert.rejects(share(root).list('folder/').next(), refused);
    for await (const { name } of share(root).list('')) assert.fail(name);
    assert.deepEqual(readdirSync(outside), ['secret']);
  });

  it('notices when the share goes away under a reader of names', async () => {
    const root = newRoot();
    await store(share(root), 'x', 'x');
    renameSync(root, `${root}-away`);
    folders.push(`${root}-away`);
    await assert.rejects(share(root).read('x'), { code: 'long-term-storage.unavailable' });
  });

  it('tells a share that went away under a writer from a writer that was replaced', async () => {
    const root = newRoot();
    const writer = await share(root).create('pid/x', 'a');
    await writer.write(Buffer.from('x'));
    renameSync(root, `${root}-away`);
    await assert.rejects(writer.commit(), { code: 'long-term-storage.unavailable', retriable: true });
    renameSync(`${root}-away`, root);
    await writer.discard();
    assert.deepEqual(readdirSync(join(root, 'pid')), []);

    const robbed = await share(root).create('pid/x', 'b');
    rmSync(join(root, 'pid'), { recursive: true });
    await assert.rejects(robbed.commit(), { code: 'long-term-storage.writer-replaced', retriable: true });
    await robbed.discard();
  });

  it('does not take a share that goes away while it is listed for an empty one', async () => {
    const root = newRoot();
    await store(share(root), 'a/x', 'x');
    await store(share(root), 'b/x', 'x');
    const names = share(root).list('');
    assert.equal((await names.next()).done, false);
    renameSync(root, `${root}-away`);
    folders.push(`${root}-away`);
    await assert.rejects(
      async () => {
        for await (const _ of names);
      },
      { code: 'long-term-storage.unavailable' },
    );
  });

  it('has a publisher without links wait for another', async () => {
    const root = newRoot();
    const storage = new PosixShare({ name: 'share', root, hardLinks: false });
    const writer = await storage.create('x', 'a');
    writeFileSync(join(root, 'x.publishing'), '');
    await assert.rejects(writer.commit(), { code: 'long-term-storage.busy', retriable: true });
    await writer.discard();
    await storage.removePartials('x');
    await store(storage, 'x', 'x');
  });
});

describe('a POSIX share after a crash', () => {
  for (const [point, hardLinks, published] of [
    ['mid-write', true, false],
    ['after-rename', true, true],
    ['after-rename', false, true],
  ] as const) {
    it(`at ${point} ${hardLinks ? 'with' : 'without'} links has either the whole file or none`, async () => {
      const root = newRoot();
      const armed = join(newRoot(), 'crash-point');
      writeFileSync(armed, `long-term-storage.${point}`);
      const adapter = new URL('./posix-share.adapter.js', import.meta.url).href;
      const script = `
        const { PosixShare } = await import(${JSON.stringify(adapter)});
        const share = new PosixShare({ name: 's', root: ${JSON.stringify(root)}, hardLinks: ${hardLinks} });
        const writer = await share.create('pid/x', 'same');
        for (const part of ['one', 'two', 'three']) await writer.write(Buffer.from(part));
        await writer.commit();`;
      const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: process.cwd(),
        env: { CATENA_CRASH_FILE: armed },
      });
      assert.equal(signal, 'SIGKILL');
      const storage = new PosixShare({ name: 's', root, hardLinks });
      assert.deepEqual(await storage.stat('pid/x'), published ? { size: 11 } : undefined);
      // The next try with the same token must not reach into what was published.
      const again = await storage.create('pid/x', 'same');
      await again.write(Buffer.from('second try'));
      assert.ok((await storage.removePartials('pid/x')) > 0);
      await again.discard();
      if (published) assert.equal(readFileSync(join(root, 'pid/x'), 'utf8'), 'onetwothree');
    });
  }
});

describe('shareError', () => {
  for (const [errno, code, retriable] of [
    ['ENOSPC', 'full', true],
    ['EDQUOT', 'full', true],
    ['ENOENT', 'not-found', false],
    ['EACCES', 'access-denied', false],
    ['ELOOP', 'unsafe-link', false],
    ['ESTALE', 'unavailable', true],
    ['EIO', 'unavailable', true],
    ['EROFS', 'read-only', true],
  ] as const) {
    it(`makes ${code} of ${errno}`, () => {
      const error = shareError('s', 'x', Object.assign(new Error(errno), { code: errno }));
      assert.equal(error.code, `long-term-storage.${code}`);
      assert.equal(error.retriable, retriable);
    });
  }
});
