import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemsOf } from './problems.js';
import { resourceFrom, type ScicatPublication } from './scicat-publication.js';

const dataset = {
  pid: '20.500.12345/abc',
  size: 3_400_000_000,
  files: 12,
  createdAt: '2026-01-01T08:00:00.000Z',
  endedAt: '2026-01-05T08:00:00.000Z',
  keywords: ['crystal'],
  techniques: [{ name: 'x-ray diffraction', pid: 'http://purl.org/pan-science/PaNET/PaNET01216' }],
};
const publication: ScicatPublication = {
  doi: '10.5072/ABC',
  title: 'Crystals',
  abstract: 'What we saw.',
  registeredTime: '2026-02-03T04:05:06.000Z',
  metadata: {
    creators: [{ name: 'Lovelace, Ada' }],
    publisher: { name: 'PSI' },
    publicationYear: 2026,
    resourceType: 'raw',
  },
  datasets: [dataset],
  defaults: {
    publisher: {
      name: 'PSI',
      publisherIdentifier: 'https://ror.org/03eh3y714',
      publisherIdentifierScheme: 'ROR',
    },
    rights: 'CC-BY-4.0',
    language: 'en',
  },
};
const from = (metadata: Record<string, unknown>, more: Partial<ScicatPublication> = {}) =>
  resourceFrom({ ...publication, ...more, metadata: { ...publication.metadata, ...metadata } });

describe('resourceFrom', () => {
  it('makes a resource that DataCite takes of very little', () => {
    const resource = resourceFrom(publication);
    assert.deepEqual(problemsOf(resource), []);
    assert.deepEqual(resource, {
      doi: '10.5072/ABC',
      creators: [{ name: 'Lovelace, Ada', nameType: 'Personal', givenName: 'Ada', familyName: 'Lovelace' }],
      titles: [{ title: 'Crystals' }],
      publisher: publication.defaults.publisher,
      publicationYear: 2026,
      types: { resourceTypeGeneral: 'Dataset', resourceType: 'raw' },
      language: 'en',
      subjects: [
        {
          subject: 'x-ray diffraction',
          subjectScheme: 'PaNET',
          valueUri: 'http://purl.org/pan-science/PaNET/PaNET01216',
        },
        { subject: 'crystal' },
      ],
      dates: [
        { date: '2026-02-03', dateType: 'Issued' },
        { date: '2026-01-01/2026-01-05', dateType: 'Collected' },
      ],
      alternateIdentifiers: [
        { alternateIdentifier: '20.500.12345/abc', alternateIdentifierType: 'SciCat dataset PID' },
      ],
      sizes: ['12 files', '3.4 GB'],
      rightsList: [
        {
          rights: 'Creative Commons Attribution 4.0 International',
          rightsUri: 'https://creativecommons.org/licenses/by/4.0/',
          rightsIdentifier: 'cc-by-4.0',
          rightsIdentifierScheme: 'SPDX',
          schemeUri: 'https://spdx.org/licenses/',
        },
      ],
      descriptions: [{ description: 'What we saw.', descriptionType: 'Abstract' }],
    });
  });

  it('reads records that were made with v3', () => {
    const resource = from({
      creators: [{ name: 'Ada Lovelace', affiliation: [{ name: 'PSI' }] }],
      contributors: [{ name: 'Charles Babbage' }],
      relatedIdentifiers: [
        { relatedIdentifier: 'https://doi.org/10.1234/paper' },
        { relatedIdentifier: 'https://example.org/software' },
        { relatedIdentifier: 'Lovelace, private communication' },
      ],
    });
    assert.deepEqual(resource.creators, [{ name: 'Ada Lovelace', affiliation: [{ name: 'PSI' }] }]);
    assert.deepEqual(resource.contributors, [{ name: 'Charles Babbage', contributorType: 'Other' }]);
    assert.deepEqual(resource.relatedIdentifiers, [
      { relatedIdentifier: '10.1234/paper', relatedIdentifierType: 'DOI', relationType: 'IsSupplementTo' },
      {
        relatedIdentifier: 'https://example.org/software',
        relatedIdentifierType: 'URL',
        relationType: 'References',
      },
    ]);
    assert.deepEqual(resource.descriptions?.at(-1), {
      description: 'Related: Lovelace, private communication',
      descriptionType: 'Other',
    });
    assert.deepEqual(problemsOf(resource), []);
  });

  it('reads people of every form', () => {
    const { creators } = from({
      creators: [
        'Noether, Emmy',
        { givenName: 'Ada', familyName: 'Lovelace', nameIdentifiers: ['0000-0002-1825-0097'] },
        { name: 'Paul Scherrer Institute, Villigen', nameIdentifiers: [{ nameIdentifier: '03eh3y714' }] },
        { name: 'The Beamline Team' },
        {
          name: 'Lovelace, B.',
          orcid: 'https://orcid.org/0000-0002-1825-0098',
          affiliation: { name: 'X', affiliationIdentifier: 'https://ror.org/03eh3y714' },
        },
        {},
        null,
        7,
      ],
    });
    assert.deepEqual(
      creators.map(({ name, nameType }) => [name, nameType]),
      [
        ['Noether, Emmy', 'Personal'],
        ['Lovelace, Ada', 'Personal'],
        ['Paul Scherrer Institute, Villigen', 'Organizational'],
        ['The Beamline Team', 'Organizational'],
        ['Lovelace, B.', 'Personal'],
      ],
    );
    assert.equal(creators[1]?.nameIdentifiers?.[0]?.nameIdentifier, 'https://orcid.org/0000-0002-1825-0097');
    assert.equal(creators[2]?.nameIdentifiers?.[0]?.nameIdentifierScheme, 'ROR');
    assert.equal(creators[4]?.nameIdentifiers, undefined);
    assert.equal(creators[4]?.affiliation?.[0]?.affiliationIdentifierScheme, 'ROR');
  });

  it('reads lists of every form', () => {
    const resource = from({
      resourceType: 'software',
      language: 'de',
      version: 2,
      sizes: ['many'],
      formats: 'application/x-hdf5',
      subjects: ['crystal', { subject: 'Physics', lang: 'en', schemeURI: 'no address' }],
      rightsList: [{ rightsURI: 'https://creativecommons.org/publicdomain/zero/1.0/' }, 'house rules'],
      dates: [{ date: '2027-01-01', dateType: 'available' }],
      descriptions: [{ description: 'How we saw it.', descriptionType: 'Methods', lang: 'en' }],
      geoLocations: [
        { geoLocationPoint: { pointLongitude: '8.2', pointLatitude: '47.5' } },
        {
          geoLocationPolygon: [
            { polygonPoint: { pointLongitude: 1, pointLatitude: 2 } },
            { polygonPoint: { pointLongitude: 3, pointLatitude: 1 } },
          ],
        },
        'Villigen',
        {},
      ],
      fundingReferences: [
        { funderName: 'SNSF', funderIdentifier: 'https://ror.org/00yjd3n13', awardNumber: 200021 },
      ],
      relatedItems: [
        {
          relatedItemIdentifier: { relatedItemIdentifier: '10.1234/book', relatedItemIdentifierType: 'DOI' },
          relationType: 'IsPublishedIn',
          relatedItemType: 'Book',
        },
      ],
    });
    assert.deepEqual(problemsOf(resource), []);
    assert.deepEqual(resource.types, { resourceTypeGeneral: 'Software' });
    assert.equal(resource.language, 'de');
    assert.equal(resource.version, '2');
    assert.deepEqual(resource.sizes, ['many']);
    assert.deepEqual(resource.formats, ['application/x-hdf5']);
    assert.deepEqual(
      resource.subjects?.map(({ subject }) => subject),
      ['crystal', 'Physics', 'x-ray diffraction'],
    );
    assert.deepEqual(
      resource.rightsList?.map(({ rightsIdentifier, rights }) => rightsIdentifier ?? rights),
      ['cc0-1.0', 'house rules'],
    );
    assert.ok(
      resource.dates?.some(({ dateType, date }) => dateType === 'Available' && date === '2027-01-01'),
    );
    assert.deepEqual(resource.geoLocations?.[1]?.geoLocationBox, {
      westBoundLongitude: 1,
      eastBoundLongitude: 3,
      southBoundLatitude: 1,
      northBoundLatitude: 2,
    });
    assert.equal(resource.geoLocations?.length, 3);
    assert.equal(resource.fundingReferences?.[0]?.funderIdentifierType, 'ROR');
    assert.equal(resource.relatedIdentifiers?.[0]?.relationType, 'IsPublishedIn');
  });

  it('keeps what the author must mend', () => {
    const resource = from({
      publicationYear: 'soon',
      creators: [],
      dates: [
        { date: 'next spring', dateType: 'Available' },
        { date: {}, dateType: 'Available' },
      ],
    });
    assert.deepEqual(
      problemsOf(resource).map(({ field }) => field),
      ['creators', 'dates[1].date', 'dates[2].date'],
    );
  });

  it('never throws, whatever the metadata are', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const names = [
      ...[
        'creators',
        'contributors',
        'publisher',
        'publicationYear',
        'resourceType',
        'types',
        'subjects',
        'dates',
      ],
      ...['language', 'relatedIdentifiers', 'relatedItems', 'sizes', 'formats', 'rightsList', 'geoLocations'],
      ...['fundingReferences', 'descriptions', 'titles', 'version', 'alternateIdentifiers', 'keywords'],
    ];
    const junk: unknown[] = [
      null,
      0,
      -1,
      Number.NaN,
      '',
      '\uD800',
      true,
      [],
      [[]],
      [null],
      {},
      [{}],
      circular,
    ];
    junk.push([circular], new Date(Number.NaN), [{ name: {} }, { name: [] }], () => 1, 10n, Symbol.iterator);
    for (const value of junk) problemsOf(from(Object.fromEntries(names.map((name) => [name, value]))));
    for (const value of junk) resourceFrom({ ...publication, metadata: value as Record<string, unknown> });
  });
});
