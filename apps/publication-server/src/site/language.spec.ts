import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageFor, textsOf, wordFor, wordingOf } from './language.js';

describe('Texts', () => {
  it('are there in every language', () => {
    const empty = Object.entries(textsOf.de).filter(([, text]) => text === '');
    assert.deepEqual(empty, []);
    assert.deepEqual(Object.keys(textsOf.de).sort(), Object.keys(textsOf.en).sort());
    assert.deepEqual(Object.keys(textsOf.de.errors), Object.keys(textsOf.en.errors));
  });
});

describe('languageFor', () => {
  it('takes the one asked for before the one the browser prefers', () => {
    assert.equal(languageFor('de', 'en'), 'de');
    assert.equal(languageFor('xx', 'de'), 'de');
    assert.equal(languageFor(undefined, undefined), 'en');
  });
});

describe('Wording', () => {
  const { en, de } = wordingOf;

  it('writes sizes', () => {
    assert.equal(en.bytes(0), '0\u00a0B');
    assert.equal(en.bytes(999), '999\u00a0B');
    assert.equal(en.bytes(999_999), '1\u00a0MB');
    assert.equal(de.bytes(1_234_000_000), '1,2\u00a0GB');
  });

  it('writes dates, and leaves what is none', () => {
    assert.equal(en.day('2026-02-03'), '3 February 2026');
    assert.equal(de.day('2026-02-03T23:59:59Z'), '3. Februar 2026');
    assert.equal(en.day('2026'), '2026');
    assert.equal(en.day('<soon>'), '<soon>');
    assert.equal(en.days('2026-01-01/2026-01-05'), '1 January 2026 – 5 January 2026');
    assert.equal(en.language('not a tag'), 'not a tag');
  });
});

describe('The end of an embargo', () => {
  const { en, de } = wordingOf;

  it('is a day of the zone where it is the beginning of one', () => {
    assert.equal(en.end('2027-01-01T00:00:00Z', 'UTC'), '1 January 2027');
    assert.equal(en.end('2026-12-31T23:00:00Z', 'Europe/Zurich'), '1 January 2027');
    assert.equal(de.end('2027-03-28T22:00:00Z', 'Europe/Zurich'), '29. März 2027');
  });

  it('is a moment otherwise', () => {
    assert.match(en.end('2027-05-06T15:30:00Z', 'UTC'), /^6 May 2027.*15:30 UTC$/);
    assert.match(de.end('2027-05-06T15:30:00Z', 'Europe/Zurich'), /^6[.] Mai 2027.*17:30 /);
  });
});

describe('wordFor', () => {
  it('takes a word apart that has no translation', () => {
    assert.equal(wordFor({}, 'IsPartOf'), 'Is part of');
    assert.equal(wordFor({ IsPartOf: 'Teil von' }, 'IsPartOf'), 'Teil von');
    assert.equal(wordFor({}, 'constructor'), 'Constructor');
  });
});
