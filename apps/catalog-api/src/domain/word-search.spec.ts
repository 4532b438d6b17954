import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wordSearch } from './word-search.js';

describe('Searches for words', () => {
  it('look for one word alone as it stands, however many parts it has, and for any of several', () => {
    assert.equal(wordSearch('/data/p123/raw'), '"data p123 raw"');
    assert.equal(wordSearch('Müller'), 'muller');
    assert.equal(wordSearch('10.1234/abc Müller'), '10 1234 abc muller');
  });

  it('keep phrases, and what is left out', () => {
    assert.equal(wordSearch('"Blue sky" -x-ray -night'), '"blue sky" -"x ray" -night');
    assert.equal(wordSearch('"blue" sky'), 'blue sky');
    assert.equal(wordSearch('x-ray -"blue sky"'), 'x ray -"blue sky"');
    assert.equal(wordSearch('"not closed'), '"not closed"');
  });

  it('find nothing where there is no word', () => {
    for (const text of ['', ' ', '"', '""', '-', '- -', '/./', '-night', '\0'])
      assert.equal(wordSearch(text), '', text);
  });
});
