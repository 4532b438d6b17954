import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pidAsName, safeRelativePath } from './relative-path.js';

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

describe('pidAsName', () => {
  it('replaces slashes and keeps plain characters', () =>
    assert.equal(pidAsName('20.500.11935/0a-b_c'), '20.500.11935_0a-b_c'));
  it('encodes everything that could mean something to a shell or a file system', () =>
    assert.equal(pidAsName("a b*'\0;"), 'a%20b%2A%27%00%3B'));
  it('encodes characters of two code units as one', () => assert.equal(pidAsName('a/😀'), 'a_%F0%9F%98%80'));
  for (const pid of ['', '.', '..'])
    it(`refuses ${JSON.stringify(pid)}`, () =>
      assert.throws(() => pidAsName(pid), { code: 'kernel.unsafe-pid' }));
});
