import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskEmails } from './personal-info.js';

describe('Masking of e-mail addresses', () => {
  it('reaches into lists and objects, and leaves one s own, dates and numbers', () => {
    const at = new Date(0);
    const value = { owner: 'a@b.ch', list: ['c+d@e.org;f@g.org', 7], at, deep: { me: 'Me@B.ch' } };
    assert.deepEqual(maskEmails(value, 'me@b.ch'), {
      owner: '*****',
      list: ['*****;*****', 7],
      at,
      deep: { me: 'Me@B.ch' },
    });
  });

  it('leaves what is no address', () => {
    for (const text of ['@x', 'x@', '@', 'a @ b', '@@']) assert.equal(maskEmails(text, undefined), text);
    assert.equal(maskEmails('ends with a@b.ch.', undefined), 'ends with *****.');
  });

  it('is quick on long texts that try to slow it down', () => {
    const began = process.hrtime.bigint();
    for (const text of [
      'a'.repeat(1_000_000),
      '@'.repeat(200_000),
      `${'a'.repeat(500_000)}@`,
      'a@'.repeat(200_000),
    ])
      maskEmails(text, undefined);
    assert.ok(Number(process.hrtime.bigint() - began) / 1e6 < 2000);
  });
});
