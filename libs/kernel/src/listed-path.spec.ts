import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDirectoryEntry, listedPath } from './listed-path.js';

describe('listedPath', () => {
  for (const [path, folder, inside] of [
    ['a/b', '/data/x', 'a/b'],
    ['/data/x/a/b', '/data/x', 'a/b'],
    ['/data/x/a/b', '/data/x/', 'a/b'],
    ['./a/b', '/data/x', 'a/b'],
    ['././/a', undefined, 'a'],
  ] as const)
    it(`takes ${path} of ${folder} for ${inside}`, () => assert.equal(listedPath(path, folder), inside));

  for (const folder of ['', undefined, null])
    it(`takes no absolute path for one of a dataset whose folder is ${JSON.stringify(folder)}`, () => {
      assert.equal(listedPath('a/b', folder), 'a/b');
      assert.throws(() => listedPath('/a/b', folder), { code: 'kernel.unsafe-path' });
    });

  for (const [path, folder] of [
    ['/etc/passwd', '/data/x'],
    ['/data/xy/a', '/data/x'],
    ['/data/x', '/data/x'],
    ['/data/x//a', '/data/x'],
    ['/data/x/../y', '/data/x'],
    ['./../y', '/data/x'],
    ['./', '/data/x'],
    ['a/./b', '/data/x'],
  ] as const)
    it(`refuses ${path} of "${folder}"`, () =>
      assert.throws(() => listedPath(path, folder), { code: 'kernel.unsafe-path' }));
});

describe('isDirectoryEntry', () => {
  for (const perm of ['drwxr-xr-x', 'd---------', 'dgrwxrwxr-x', 'dtrwxrwxrwx'])
    it(`takes ${perm} for a directory`, () => assert.equal(isDirectoryEntry({ perm }), true));

  // A device (`D`) and a link (`L`, `l`) were uploaded as what they lead to.
  for (const perm of [
    '-rw-r--r--',
    'Lrwxrwxrwx',
    'lrwxrwxrwx',
    'Drw-------',
    '644',
    '0755',
    '33188',
    '',
    undefined,
    null,
  ])
    it(`takes ${JSON.stringify(perm)} for a file`, () => assert.equal(isDirectoryEntry({ perm }), false));

  it('takes an entry without permissions for a file', () => assert.equal(isDirectoryEntry({}), false));
});
