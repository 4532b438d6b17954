import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from './clock.js';
import { AgedMap } from './aged-map.js';

describe('An aged map', () => {
  it('forgets with time', () => {
    const clock = new ManualClock(new Date(0));
    const map = new AgedMap<string>(10, 1000, clock);
    map.set('a', 'x');
    clock.advance(999);
    assert.equal(map.get('a'), 'x');
    clock.advance(1);
    assert.equal(map.get('a'), undefined);
  });

  it('holds no more than it may; what was set last stays', () => {
    const map = new AgedMap<number>(2, 1000, new ManualClock(new Date(0)));
    for (const [index, key] of ['a', 'b', 'a', 'c'].entries()) map.set(key, index);
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c')], [2, undefined, 3]);
  });
});
