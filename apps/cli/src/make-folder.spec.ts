import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeFolder } from './make-folder.js';

describe('makeFolder', () => {
  let base: string;
  before(() => (base = mkdtempSync(join(tmpdir(), 'catena-folder-'))));
  after(() => rmSync(base, { recursive: true, force: true }));

  it('makes what is missing, with the rights asked for, and says whether it did', async () => {
    assert.equal(await makeFolder(join(base, 'a/b'), 0o700), true);
    assert.equal(statSync(join(base, 'a')).mode & 0o777, 0o700);
    assert.equal(await makeFolder(join(base, 'a/b')), false);
  });
  it('ends where a file system takes no folders', async () => {
    await assert.rejects(makeFolder('/proc/x/y'), { code: 'ENOENT' });
  });
  it('makes nothing in place of a file or of a link that leads nowhere', async () => {
    writeFileSync(join(base, 'file'), '');
    symlinkSync('nowhere', join(base, 'link'));
    await assert.rejects(makeFolder(join(base, 'file')), { code: 'EEXIST' });
    await assert.rejects(makeFolder(join(base, 'file/x')), { code: 'ENOTDIR' });
    await assert.rejects(makeFolder(join(base, 'link')), { code: 'EEXIST' });
  });
});
