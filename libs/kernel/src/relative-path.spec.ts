import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { safeRelativePath } from './relative-path.js';

describe('safeRelativePath', () => {
  for (const path of ['a', 'a/b.txt', 'ünï/ 名前 .dat', '..a/b..', 'new\nline', '%2e%2e/x']) {
    it(`accepts ${JSON.stringify(path)}`, () => assert.equal(safeRelativePath(path), path));
  }
  for (const path of [
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a/..',
    './a',
    'a//b',
    'a/',
    'a\0b',
    'x'.repeat(256),
    'a/'.repeat(2100) + 'b',
  ]) {
    it(`refuses ${JSON.stringify(path.slice(0, 20))} (${path.length} characters)`, () =>
      assert.throws(() => safeRelativePath(path), { code: 'kernel.unsafe-path', retriable: false }));
  }
});
