import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeMetadataKeys,
  encodeKey,
  encodeMetadataKeys,
  encodeSentKeys,
  storedKeys,
} from './metadata-keys.js';

function shown(key: string): string {
  return Object.keys(decodeMetadataKeys(encodeMetadataKeys({ [key]: 1 })))[0]!;
}

describe('Metadata keys', () => {
  it('keep their name, whatever follows a percent sign', () => {
    for (const key of ['Duty%50cycle', 'Duty%cycle', '100%', 'a.b', '$x', 'a%2eb', '%41', 'Ö %20', '%E0%A4'])
      assert.equal(shown(key), key);
  });

  it('that are written as they are stored stay so: clients of v4 send what they read', () => {
    assert.equal(encodeKey('a%2Eb'), 'a%2Eb');
    assert.equal(encodeKey(encodeKey('Duty%50cycle')), encodeKey('Duty%50cycle'));
    assert.deepEqual(decodeMetadataKeys({ 'a%2Eb': { 'c%20d': 1 } }), { 'a.b': { 'c d': 1 } });
  });

  it('are one-to-one: two stored keys never have one name, and encoding leads back', () => {
    const part = fc.constantFrom('%', '5', '0', '%2E', '%25', '.', '%C3%A9', 'é', ' ', 'a');
    const key = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const name = (stored: string): string => Object.keys(decodeMetadataKeys({ [stored]: 1 }))[0]!;
    fc.assert(
      fc.property(key, key, (one, other) => {
        const [a, b] = [encodeKey(one), encodeKey(other)];
        assert.equal(encodeKey(a), a);
        assert.equal(name(a) === name(b), a === b);
      }),
    );
  });

  it('of old databases are read, shown under the name they were sent with, and searched', () => {
    assert.deepEqual(decodeMetadataKeys({ 'Duty%50cycle': 1 }), { 'Duty%50cycle': 1 });
    assert.deepEqual(storedKeys('Duty%50cycle'), ['Duty%2550cycle', 'Duty%50cycle']);
    assert.deepEqual(storedKeys('a.b'), ['a%2Eb']);
  });

  it('of one object that are stored alike are refused, naming both, at any depth', () => {
    for (const [one, other] of [
      ['a b', 'a%20b'],
      ['%', '%25'],
      ['a.b', 'a%2Eb'],
    ] as const) {
      const names = new RegExp(`${JSON.stringify(one)} and ${JSON.stringify(other)}`);
      assert.throws(() => encodeSentKeys({ [one]: 1, [other]: 2 }, 'metadata'), names);
      assert.throws(
        () => encodeSentKeys({ inner: { [one]: 1, [other]: 2 } }, 'metadata'),
        /metadata[.]inner has the keys/,
      );
    }
    const apart = { 'a b': 1, inner: { 'a%20b': 2 }, 'Duty%50cycle': 3 };
    assert.deepEqual(encodeSentKeys(apart, 'metadata'), encodeMetadataKeys(apart));
  });
});
