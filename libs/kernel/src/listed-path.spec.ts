import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listedPath } from './listed-path.js';

describe('listedPath', () => {
  for (const [path, folder, inside] of [
    ['a/b', '/data/x', 'a/b'],
    ['/data/x/a/b', '/data/x', 'a/b'],
    ['/data/x/a/b', '/data/x/', 'a/b'],
  ] as const)
    it(`takes ${path} of ${folder} for ${inside}`, () => assert.equal(listedPath(path, folder), inside));

  for (const [path, folder] of [
    ['/etc/passwd', '/data/x'],
    ['/etc/passwd', ''],
    ['/data/xy/a', '/data/x'],
    ['/data/x', '/data/x'],
    ['/data/x//a', '/data/x'],
    ['/data/x/../y', '/data/x'],
  ] as const)
    it(`refuses ${path} of "${folder}"`, () =>
      assert.throws(() => listedPath(path, folder), { code: 'kernel.unsafe-path' }));
});
