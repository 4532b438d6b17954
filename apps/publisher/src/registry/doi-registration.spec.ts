import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { says } from './doi-registration.js';

describe('What DataCite says', () => {
  const sent = {
    url: 'https://data.example.org/doi/10.5072/a',
    publisher: { name: 'The facility' },
    publicationYear: 2026,
    language: null,
    creators: [{ name: 'Lovelace, Ada', affiliation: [{ name: 'The facility' }] }],
    descriptions: [{ description: 'All of them.', descriptionType: 'Abstract' }],
    subjects: [],
  };
  const there = {
    ...sent,
    publisher: 'The facility',
    publicationYear: 2026,
    creators: [{ name: 'Lovelace, Ada', nameIdentifiers: [], affiliation: ['The facility'] }],
    descriptions: [{ description: 'All of them.', descriptionType: 'Abstract', lang: null }],
    container: {},
  };

  it('is what was sent, with names and lists of its own', () => assert.equal(says(there, sent), true));

  it('is not what was sent when any part of it is another one', () => {
    for (const other of [
      { descriptions: [{ description: 'All.', descriptionType: 'Abstract' }] },
      { descriptions: [] },
      { subjects: [{ subject: 'former' }] },
      { creators: [...there.creators, { name: 'Babbage, Charles' }] },
      { publisher: 'Another' },
      { language: 'en' },
    ])
      assert.equal(says({ ...there, ...other }, sent), false, JSON.stringify(other));
  });
});
