import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { UniqueIndexes } from './unique-indexes.js';

describe('A write that counts on a unique index', () => {
  it('passes at once where none is being made', () => new UniqueIndexes('a store').whenThere());

  it('waits for the index, and passes when it is there', async () => {
    const indexes = new UniqueIndexes('a store');
    const made = indexes.begin();
    let isPast = false;
    const passing = indexes.whenThere().then(() => (isPast = true));
    await new Promise(setImmediate);
    assert.equal(isPast, false);
    made();
    await passing;
    await indexes.whenThere();
  });

  it('waits for ten seconds at most, and says what is missing', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const indexes = new UniqueIndexes('a store');
      indexes.begin();
      const refused = assert.rejects(indexes.whenThere(), {
        code: 'persistence.indexes-missing',
        retriable: true,
        message: /indexes of a store/,
      });
      mock.timers.tick(10_000);
      await refused;
    } finally {
      mock.timers.reset();
    }
  });
});
