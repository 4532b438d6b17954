import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SteadyFile } from './steady-file.js';
import { walk, type FoundFile } from './walk.js';

describe('SteadyFile', () => {
  let root: string;
  before(() => (root = mkdtempSync(join(tmpdir(), 'catena-steady-'))));
  after(() => rmSync(root, { recursive: true, force: true }));

  async function made(name: string, text: string): Promise<FoundFile> {
    writeFileSync(join(root, name), text);
    const { files } = await walk(root, new AbortController().signal);
    return files.find(({ path }) => path === name) as FoundFile;
  }

  it('reads any part', async () => {
    const file = await SteadyFile.open(root, await made('plain', 'hello world'));
    const chunks: Buffer[] = [];
    for await (const chunk of file.read(6, 5)) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), 'world');
    await file.assertUnchanged();
    await file.close();
  });

  for (const [what, change] of [
    ['grows', (path: string) => appendFileSync(path, 'more')],
    [
      'is replaced',
      (path: string) => (writeFileSync(`${path}.new`, 'hello'), renameSync(`${path}.new`, path)),
    ],
    ['disappears', (path: string) => rmSync(path)],
  ] as const) {
    it(`notices, and names, a file that ${what}`, async () => {
      const file = await SteadyFile.open(root, await made(`file that ${what}`, 'hello'));
      change(join(root, `file that ${what}`));
      await assert.rejects(file.assertUnchanged(), {
        code: 'cli.failed',
        message: new RegExp(`file that ${what}`),
      });
      await file.close();
    });
  }

  it('does not wait for a pipe that took the place of the file', async () => {
    const found = await made('piped', 'hello');
    rmSync(join(root, 'piped'));
    execFileSync('mkfifo', [join(root, 'piped')]);
    await assert.rejects(SteadyFile.open(root, found), /found it changed/);
  });

  it('does not follow a link that took the place of the file', async () => {
    const found = await made('swapped', 'hello');
    rmSync(join(root, 'swapped'));
    symlinkSync('/etc/hostname', join(root, 'swapped'));
    await assert.rejects(SteadyFile.open(root, found), /found it changed/);
  });
});
