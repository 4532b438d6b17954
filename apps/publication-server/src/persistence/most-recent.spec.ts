import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MostRecent } from './most-recent.js';

describe('What was used last', () => {
  it('stays, up to a weight in all', () => {
    const kept = new MostRecent<string>(10);
    kept.keep('a', 'A', 4);
    kept.keep('b', 'B', 4);
    assert.equal(kept.get('a'), 'A');
    kept.keep('c', 'C', 4);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => kept.get(key)),
      ['A', undefined, 'C'],
    );
    assert.equal(kept.weight, 8);
  });

  it('is weighed once, however often it is kept, and not kept when it is too heavy alone', () => {
    const kept = new MostRecent<string>(10);
    for (let time = 0; time < 5; time += 1) kept.keep('a', `A${time}`, 6);
    assert.deepEqual([kept.get('a'), kept.weight], ['A4', 6]);
    kept.keep('a', 'too much', 11);
    assert.deepEqual([kept.get('a'), kept.weight], [undefined, 0]);
  });
});
