import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogueIndexes, supersededTextIndex, wordOptions, wordsField } from '#scicat-database';
import { serves } from './check-indexes.js';

const plain = { collection: 'Dataset', name: 'catena_x', keys: { ownerGroup: 1, createdAt: -1 } } as const;

describe('An index that is there', () => {
  it('serves under any name, and with numbers of any type', () =>
    assert.ok(serves({ key: { ownerGroup: 1, createdAt: { valueOf: () => -1 } } }, plain)));
  it('does not serve with keys in another order or direction', () => {
    assert.ok(!serves({ key: { createdAt: -1, ownerGroup: 1 } }, plain));
    assert.ok(!serves({ key: { ownerGroup: 1, createdAt: 1 } }, plain));
  });
  it('does not serve when it covers some documents only', () =>
    assert.ok(!serves({ key: { ownerGroup: 1, createdAt: -1 }, partialFilterExpression: {} }, plain)));
  it('serves a unique one only when it is unique', () => {
    const unique = { ...plain, options: { unique: true } };
    assert.ok(!serves({ key: plain.keys }, unique));
    assert.ok(serves({ key: plain.keys, unique: true }, unique));
  });
  it('serves searches for words as the database writes it down', () => {
    const text = { ...plain, keys: { [wordsField]: 'text' } } as const;
    assert.ok(serves({ key: { _fts: 'text', _ftsx: 1 }, weights: { [wordsField]: 1 } }, text));
    assert.ok(!serves({ key: { a: 1 } }, text));
  });
  it('does not serve searches for words when it covers whole records, or fields of its own', () => {
    const text = { ...plain, keys: { [wordsField]: 'text' } } as const;
    const key = { _fts: 'text', _ftsx: 1 };
    const everything = { name: 'catena_words', key, weights: { '$**': 1 } };
    assert.ok(!serves(everything, text));
    assert.equal(supersededTextIndex([everything]), 'catena_words');
    const own = { name: 'by_title', key, weights: { title: 5 } };
    assert.ok(!serves(own, text));
    assert.equal(supersededTextIndex([own]), undefined, "an operator's own stays");
  });
});

describe('The indexes of the catalogue', () => {
  it('take no field for the name of a language', () => {
    for (const { collection, keys, options } of catalogueIndexes)
      if (Object.values(keys).includes('text'))
        assert.equal(options?.language_override, wordOptions.language_override, collection);
  });
  it('have one name each within their collection', () => {
    const names = catalogueIndexes.map(({ collection, name }) => `${collection} ${name}`);
    assert.deepEqual(names, [...new Set(names)]);
  });
});
