import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { Turns, TurnsByName } from './turns.js';

describe('Turns', () => {
  it('run one task after the other, also after one that failed', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const first = turns.take(async () => {
      seen.push('first begins');
      await setImmediate();
      throw new Error('first fails');
    });
    const second = turns.take(() => Promise.resolve(seen.push('second')));
    await assert.rejects(first, /first fails/);
    await second;
    assert.deepEqual(seen, ['first begins', 'second']);
  });
});

describe('TurnsByName', () => {
  it('hold up tasks of the same name only', async () => {
    const turns = new TurnsByName();
    let letGo: (() => void) | undefined;
    const held = turns.take('a', () => new Promise<void>((resolve) => (letGo = resolve)));
    const seen: string[] = [];
    const waiting = turns.take('a', () => Promise.resolve(seen.push('a')));
    await turns.take('b', () => Promise.resolve(seen.push('b')));
    assert.deepEqual(seen, ['b']);
    letGo?.();
    await Promise.all([held, waiting]);
    assert.deepEqual(seen, ['b', 'a']);
  });
});
