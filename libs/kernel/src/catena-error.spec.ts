import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAway, isRetriable, PermanentError, TransientError } from './catena-error.js';

const named = (name: string, more: object = {}): Error => Object.assign(new Error('x'), { name, ...more });

describe('An error', () => {
  it('may pass by itself unless it says otherwise', () => {
    assert.equal(isRetriable(new TransientError('a.b', 'x')), true);
    assert.equal(isRetriable(new PermanentError('a.b', 'x')), false);
    assert.equal(isRetriable(new Error('never heard of')), true);
  });

  it('tells a service that is away from a fault of its own', () => {
    const away = [
      new TransientError('storage.unavailable', 'x', { away: true }),
      named('MongoServerSelectionError'),
      named('MongoNetworkTimeoutError'),
      named('MongoPoolClearedError'),
      named('MongooseError', { message: 'Operation `jobs.find()` buffering timed out after 10000ms' }),
      // Shutting down, starting, no longer primary.
      ...[11_600, 91, 10_107].map((code) => named('MongoServerError', { code })),
    ];
    for (const error of away) assert.equal(isAway(error), true, `${error.name} ${error.message}`);
    const own = [
      new TransientError('storage.busy', 'x'),
      new PermanentError('storage.access-denied', 'x'),
      named('MongoServerError', { code: 11_000 }),
      named('MongoBulkWriteError', { code: 11_000 }),
      named('MongooseError', { message: 'Schema has not been registered' }),
      named('TypeError'),
      'text',
    ];
    for (const error of own) assert.equal(isAway(error), false, String(error));
  });
});
