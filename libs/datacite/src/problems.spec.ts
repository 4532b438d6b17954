import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemsOf } from './problems.js';
import { fullResource } from './testing/full-resource.js';

const fieldsOf = (change: object): string[] =>
  problemsOf({ ...fullResource, ...change }).map(({ field }) => field);
const person = { name: 'A' };

describe('problemsOf', () => {
  it('finds nothing in a good resource', () => assert.deepEqual(problemsOf(fullResource), []));

  it('finds nothing in the smallest resource', () => {
    const { doi, creators, titles, publisher, publicationYear, types } = fullResource;
    assert.deepEqual(problemsOf({ doi, creators, titles, publisher, publicationYear, types }), []);
  });

  const wrong: Readonly<Record<string, readonly [object, string]>> = {
    'no DOI': [{ doi: 'abc' }, 'doi'],
    'a DOI with a blank': [{ doi: '10.5072/a b' }, 'doi'],
    'a DOI that is too long': [{ doi: `10.5072/${'a'.repeat(300)}` }, 'doi'],
    'no creators': [{ creators: [] }, 'creators'],
    'creators of another shape': [{ creators: 'Ada' }, 'creators'],
    'a creator that is a text': [{ creators: ['Ada'] }, 'creators[0]'],
    'a nameless creator': [{ creators: [person, { name: ' ' }] }, 'creators[1].name'],
    'a name type in small letters': [
      { creators: [{ ...person, nameType: 'personal' }] },
      'creators[0].nameType',
    ],
    'an identifier without scheme': [
      { creators: [{ ...person, nameIdentifiers: [{ nameIdentifier: 'x' }] }] },
      'creators[0].nameIdentifiers[0].nameIdentifierScheme',
    ],
    'an ORCID iD with a wrong check digit': [
      {
        creators: [
          {
            ...person,
            nameIdentifiers: [
              { nameIdentifier: 'https://orcid.org/0000-0002-1825-0098', nameIdentifierScheme: 'ORCID' },
            ],
          },
        ],
      },
      'creators[0].nameIdentifiers[0].nameIdentifier',
    ],
    'a nameless affiliation': [
      { creators: [{ ...person, affiliation: [{ name: '' }] }] },
      'creators[0].affiliation[0].name',
    ],
    'no titles': [{ titles: undefined }, 'titles'],
    'an unknown title type': [{ titles: [{ title: 'x', titleType: 'Main' }] }, 'titles[0].titleType'],
    'a language that is none': [{ titles: [{ title: 'x', lang: 'en_US' }] }, 'titles[0].lang'],
    'no publisher': [{ publisher: undefined }, 'publisher.name'],
    'a year of two digits': [{ publicationYear: 26 }, 'publicationYear'],
    'a year as text': [{ publicationYear: '2026' }, 'publicationYear'],
    'an unknown type': [{ types: { resourceTypeGeneral: 'dataset' } }, 'types.resourceTypeGeneral'],
    'no types': [{ types: null }, 'types.resourceTypeGeneral'],
    'an address of a subject that is none': [
      { subjects: [{ subject: 'x', valueUri: 'no address' }] },
      'subjects[0].valueUri',
    ],
    'an unknown role': [
      { contributors: [{ ...person, contributorType: 'Author' }] },
      'contributors[0].contributorType',
    ],
    'no role': [{ contributors: [person] }, 'contributors[0].contributorType'],
    'a day that does not exist': [{ dates: [{ date: '2026-02-30', dateType: 'Issued' }] }, 'dates[0].date'],
    'a range that ends before it begins': [
      { dates: [{ date: '2026-02-03/2025-01-01', dateType: 'Collected' }] },
      'dates[0].date',
    ],
    'an unknown kind of date': [{ dates: [{ date: '2026', dateType: 'Born' }] }, 'dates[0].dateType'],
    'a language of the resource that is none': [{ language: 'the language of science' }, 'language'],
    'an alternate identifier without type': [
      { alternateIdentifiers: [{ alternateIdentifier: 'x' }] },
      'alternateIdentifiers[0].alternateIdentifierType',
    ],
    'a related DOI that is none': [
      {
        relatedIdentifiers: [{ relatedIdentifier: 'x', relatedIdentifierType: 'DOI', relationType: 'Cites' }],
      },
      'relatedIdentifiers[0].relatedIdentifier',
    ],
    'an unknown scheme': [
      {
        relatedIdentifiers: [{ relatedIdentifier: 'x', relatedIdentifierType: 'doi', relationType: 'Cites' }],
      },
      'relatedIdentifiers[0].relatedIdentifierType',
    ],
    'an unknown relation': [
      {
        relatedIdentifiers: [{ relatedIdentifier: 'x', relatedIdentifierType: 'ARK', relationType: 'cites' }],
      },
      'relatedIdentifiers[0].relationType',
    ],
    'an empty size': [{ sizes: ['1 file', ''] }, 'sizes[1]'],
    'a format that is a number': [{ formats: [1] }, 'formats[0]'],
    'a version that is a number': [{ version: 1 }, 'version'],
    'rights beyond 2000 characters': [{ rightsList: [{ rights: 'x'.repeat(2001) }] }, 'rightsList[0].rights'],
    'empty rights': [{ rightsList: [{}] }, 'rightsList[0].rights'],
    'an unknown kind of description': [
      { descriptions: [{ description: 'x', descriptionType: 'abstract' }] },
      'descriptions[0].descriptionType',
    ],
    'a latitude beyond the pole': [
      { geoLocations: [{ geoLocationPoint: { pointLongitude: 1, pointLatitude: 91 } }] },
      'geoLocations[0].geoLocationPoint.pointLatitude',
    ],
    'a box without one side': [
      {
        geoLocations: [
          { geoLocationBox: { westBoundLongitude: 1, eastBoundLongitude: 2, southBoundLatitude: 1 } },
        ],
      },
      'geoLocations[0].geoLocationBox.northBoundLatitude',
    ],
    'an empty place': [{ geoLocations: [{}] }, 'geoLocations[0]'],
    'an unknown scheme of a funder': [
      { fundingReferences: [{ funderName: 'x', funderIdentifier: 'y', funderIdentifierType: 'ror' }] },
      'fundingReferences[0].funderIdentifierType',
    ],
    'a nameless funder': [{ fundingReferences: [{ funderName: '' }] }, 'fundingReferences[0].funderName'],
  };
  for (const [what, [change, field]] of Object.entries(wrong))
    it(`finds ${what}`, () => assert.deepEqual(fieldsOf(change), [field]));

  it('takes no value at all for what it is', () => {
    for (const value of [undefined, null, 1, 'x', [], new Date()]) assert.notDeepEqual(problemsOf(value), []);
    const names = Object.keys(fullResource);
    for (const junk of [null, 1, 'x', [], [null], [[]], { a: 1 }])
      problemsOf(Object.fromEntries(names.map((name) => [name, junk])));
  });
});
