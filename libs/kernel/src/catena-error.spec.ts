import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  codeOf,
  isAway,
  isRetriable,
  PermanentError,
  recogniseAway,
  TransientError,
} from './catena-error.js';

describe('An error', () => {
  it('may pass by itself unless it says otherwise', () => {
    assert.equal(isRetriable(new TransientError('a.b', 'x')), true);
    assert.equal(isRetriable(new PermanentError('a.b', 'x')), false);
    assert.equal(isRetriable(new Error('never heard of')), true);
  });

  it('has a code of its own, or that which the caller gives to what nobody expected', () => {
    assert.equal(codeOf(new PermanentError('a.b', 'x'), 'a.unexpected'), 'a.b');
    for (const other of [new TypeError('x'), 'text', undefined])
      assert.equal(codeOf(other, 'a.unexpected'), 'a.unexpected');
  });

  it('tells a service that is away from a fault of its own', () => {
    assert.equal(isAway(new TransientError('storage.unavailable', 'x', { away: true })), true);
    for (const error of [
      new TransientError('storage.busy', 'x'),
      new PermanentError('storage.access-denied', 'x'),
    ])
      assert.equal(isAway(error), false, error.code);
  });

  it('of somebody else tells of a service that is away only where a client says how that looks', () => {
    const away = Object.assign(new Error('x'), { name: 'NobodyThereError' });
    assert.equal(isAway(away), false);
    recogniseAway(({ name }) => name === 'NobodyThereError');
    assert.equal(isAway(away), true);
    for (const other of [new TypeError('x'), 'text', undefined]) assert.equal(isAway(other), false);
  });
});
