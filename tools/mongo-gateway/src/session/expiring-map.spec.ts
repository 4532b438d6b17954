import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExpiringMap } from './expiring-map.js';

describe('ExpiringMap', () => {
  it('forgets what was used least recently when it is full', () => {
    const forgotten: string[] = [];
    const map = new ExpiringMap<string, number>({ maximum: 2, idleMilliseconds: 1000 }, (key) =>
      forgotten.push(key),
    );
    map.set('a', 1);
    map.set('b', 2);
    map.get('a');
    map.set('c', 3);
    assert.deepEqual(forgotten, ['b']);
    assert.equal(map.get('a'), 1);
    assert.equal(map.size, 2);
  });

  it('forgets what was not used for long, and only that', (t) => {
    t.mock.timers.enable({ apis: ['Date'] });
    const map = new ExpiringMap<string, number>({ maximum: 10, idleMilliseconds: 1000 });
    map.set('old', 1);
    t.mock.timers.tick(900);
    map.set('new', 2);
    t.mock.timers.tick(200);
    map.sweep();
    assert.equal(map.get('old'), undefined);
    assert.equal(map.get('new'), 2);
  });

  it('gives an entry away without forgetting it', () => {
    const forgotten: string[] = [];
    const map = new ExpiringMap<string, number>({ maximum: 2, idleMilliseconds: 1 }, (key) =>
      forgotten.push(key),
    );
    map.set('a', 1);
    assert.equal(map.take('a'), 1);
    assert.equal(map.take('a'), undefined);
    assert.deepEqual(forgotten, []);
  });
});
