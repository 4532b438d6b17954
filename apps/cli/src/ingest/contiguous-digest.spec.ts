import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { ContiguousDigest } from './contiguous-digest.js';

describe('ContiguousDigest', () => {
  const bytes = Buffer.from('0123456789');
  const expected = createHash('sha256').update(bytes).digest('hex');

  it('takes bytes that come again only once', () => {
    const digest = new ContiguousDigest();
    for (const [from, to] of [
      [0, 4],
      [0, 2],
      [2, 7],
      [7, 10],
      [8, 9],
    ] as const)
      digest.update(from, bytes.subarray(from, to));
    assert.equal(digest.hex(), expected);
  });
  it('notices a gap', () => {
    assert.throws(() => new ContiguousDigest().update(1, bytes), /0 to 1 were never read/);
  });
});
