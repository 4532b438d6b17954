import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitCodeOf } from './wait-codes.js';

describe('The code of what work waits for', () => {
  it('names a folder that is away, a copy, room, a cold object, or a recall that is shared, and else whether it waits or is tried again', () => {
    assert.deepEqual(
      [
        ...['archiver.source-away', 'archiver.copy-not-yet-there', 'long-term-storage.full'],
        ...['archiver.retrieval-area-full', 'archiver.retrieval-quota-full'],
        ...['long-term-storage.cold-restoring', 'archiver.deferred', 'storage.unavailable'],
      ].map((code) => waitCodeOf(code, true)),
      [
        ...['source.away', 'copy.missing', 'quota.full', 'quota.full', 'quota.full'],
        ...['cold.restoring', 'work.shared-recall', 'work.waiting'],
      ],
    );
    assert.equal(waitCodeOf('datablock.read-back-differs', false), 'work.retrying');
  });
});
