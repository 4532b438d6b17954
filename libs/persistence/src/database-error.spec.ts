import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAway, TransientError } from '#kernel';
import { isDatabaseAway } from './database-error.js';

const named = (name: string, more: object = {}): Error => Object.assign(new Error('x'), { name, ...more });

describe('A database that is away', () => {
  it('is told from a fault by name and code, here and wherever a service may be away', () => {
    const away = [
      named('MongoServerSelectionError'),
      named('MongoNetworkTimeoutError'),
      named('MongoPoolClearedError'),
      named('MongooseError', { message: 'Operation `jobs.find()` buffering timed out after 10000ms' }),
      // Shutting down, starting, no longer primary.
      ...[11_600, 91, 10_107].map((code) => named('MongoServerError', { code })),
    ];
    for (const error of away)
      assert.deepEqual(
        [isDatabaseAway(error), isAway(error)],
        [true, true],
        `${error.name} ${error.message}`,
      );
    const others = [
      named('MongoServerError', { code: 11_000 }),
      named('MongoBulkWriteError', { code: 11_000 }),
      named('MongooseError', { message: 'Schema has not been registered' }),
      named('TypeError'),
      'text',
    ];
    for (const error of others) assert.deepEqual([isDatabaseAway(error), isAway(error)], [false, false]);
  });

  it('is another thing than a service of ours that is away', () => {
    const error = new TransientError('storage.unavailable', 'x', { away: true });
    assert.deepEqual([isDatabaseAway(error), isAway(error)], [false, true]);
  });
});
