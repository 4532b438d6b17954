import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listedPath } from './listed-path.js';

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
