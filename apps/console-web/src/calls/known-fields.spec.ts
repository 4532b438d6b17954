import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownFields, knownRows, type Fields } from './known-fields.js';

const fields: Fields = {
  ...{ 'id!': 'text', count: 'number', is: 'flag', names: 'texts' },
  fault: { 'code!': 'text' },
  list: [{ 'code!': 'text' }],
};

describe('Known fields of an answer', () => {
  it('are those that are what they should be', () => {
    const good = { id: 'a', count: 1, is: false, names: ['x'], fault: { code: 'c' }, list: [{ code: 'd' }] };
    assert.deepEqual(knownFields({ ...good, other: 1 }, fields), good);
    const odd = { id: 'a', count: '1', is: 0, names: 'x', fault: [], list: {} };
    assert.deepEqual(knownFields(odd, fields), { id: 'a' });
    assert.deepEqual(
      knownFields({ id: '', names: ['x', 1, null], fault: {}, list: [null, {}, { code: 'd' }] }, fields),
      { id: '', names: ['x'], list: [{ code: 'd' }] },
    );
    assert.deepEqual(knownFields({ id: 'a', count: Number.NaN }, fields), { id: 'a' });
  });

  it('are none where one is missing that has to be there', () => {
    for (const odd of [{}, { id: 1 }, null, 'id', [], [{ id: 'a' }], undefined])
      assert.equal(knownFields(odd, fields), undefined);
    assert.deepEqual(knownRows([{ id: 'a' }, {}, null, { id: 'b', count: 2 }], fields), [
      { id: 'a' },
      { id: 'b', count: 2 },
    ]);
  });

  it('are none of the prototype', () => {
    const inherits = Object.create({ id: 'a' }) as object;
    assert.equal(knownFields(inherits, fields), undefined);
  });
});
