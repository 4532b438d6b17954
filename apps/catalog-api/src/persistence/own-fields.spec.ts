import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutOwnFields } from './own-fields.js';

describe('What Catena keeps in records', () => {
  const hidden = { catena: 0, catenaWords: 0, catenaIntent: 0, catenaKeys: 0 };

  it('is left out of whole records, and of records without some fields', () => {
    assert.deepEqual(withoutOwnFields(), hidden);
    assert.deepEqual(withoutOwnFields({ history: 0 }), { history: 0, ...hidden });
    assert.deepEqual(withoutOwnFields({ _id: 0 }), { _id: 0, ...hidden });
  });

  it('is never named, and does not turn a list of names into all of them', () => {
    assert.deepEqual(withoutOwnFields({ pid: 1, _id: 0 }), { pid: 1, _id: 0 });
    assert.deepEqual(withoutOwnFields({ _id: 1 }), { _id: 1 });
    assert.deepEqual(withoutOwnFields({ pid: 1, catenaWords: 1, 'catena.outbox': 1 }), { pid: 1 });
    assert.deepEqual(withoutOwnFields({ catenaWords: 1 }), { _id: 1 });
  });
});
