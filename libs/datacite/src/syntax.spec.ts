import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { embargoOf } from './access.js';
import { toDataciteAttributes } from './attributes.js';
import { doiKey, doiPath, doiUrl, isDoi } from './doi.js';
import { licenceOf } from './licences.js';
import { identifierIn, relatedUrl } from './related.js';
import { isDateOrRange, orcidOf, rorOf, startOf, uriOf } from './syntax.js';
import { fullResource } from './testing/full-resource.js';

describe('orcidOf', () => {
  for (const text of [
    '0000-0002-1825-0097',
    '0000000218250097',
    'https://orcid.org/0000-0002-1825-0097',
    'http://www.orcid.org/0000-0002-1825-0097/',
    'ORCID: 0000-0002-1825-0097',
  ])
    it(`reads ${text}`, () => assert.equal(orcidOf(text), 'https://orcid.org/0000-0002-1825-0097'));

  it('reads a check digit of ten', () =>
    assert.equal(orcidOf('0000-0002-1694-233x'), 'https://orcid.org/0000-0002-1694-233X'));

  for (const text of [
    '',
    '0000-0002-1825-0098',
    '0000-0002-1825-009',
    'https://evil.org/0000-0002-1825-0097',
    'x',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(orcidOf(text), undefined));
});

describe('rorOf', () => {
  it('reads bare and full ids', () => {
    for (const text of ['03eh3y714', 'ror.org/03eh3y714', 'HTTPS://ROR.ORG/03EH3Y714'])
      assert.equal(rorOf(text), 'https://ror.org/03eh3y714');
    assert.equal(rorOf('https://ror.org/00yjd3n13'), 'https://ror.org/00yjd3n13');
  });

  it('refuses wrong check digits', () => {
    for (const text of ['03eh3y715', '', 'https://ror.org/', '13eh3y714', '03eh3i714'])
      assert.equal(rorOf(text), undefined);
  });
});

describe('isDateOrRange', () => {
  for (const text of [
    ...['2026', '2026-02', '2026-02-28', '2024-02-29', '2026-02-03T04:05Z', '2026-02-03T04:05:06.789+01:00'],
    ...['2020-01-01/2020-02-01', '2020/2021', '2020-01-01/', '/2020', '2020-05-01/2020'],
  ])
    it(`takes ${text}`, () => assert.equal(isDateOrRange(text), true));

  for (const text of [
    ...[
      '',
      '/',
      'yesterday',
      '26',
      '2026-13',
      '2026-02-29',
      '2026-00-01',
      '2026-2-3',
      '2026-02-03T04:05',
      '1/2/3',
    ],
    ...['2026-02-03T24:00Z', '2026-02-03 04:05Z', '2021/2020', '2020/x', '03.02.2026', '2026-04-31'],
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(isDateOrRange(text), false));

  it('knows where a date begins', () => {
    assert.equal(startOf('2026')?.toISOString(), '2026-01-01T00:00:00.000Z');
    assert.equal(startOf('2026-02-03T04:05+01:00')?.toISOString(), '2026-02-03T03:05:00.000Z');
  });
});

describe('uriOf', () => {
  it('keeps addresses and encodes what they cannot hold', () => {
    assert.equal(uriOf('https://ror.org'), 'https://ror.org');
    assert.equal(uriOf('https://example.org/a b'), 'https://example.org/a%20b');
    assert.equal(uriOf('https://example.org/ä'), 'https://example.org/%C3%A4');
    assert.equal(uriOf('info:eu-repo/semantics/openAccess'), 'info:eu-repo/semantics/openAccess');
  });

  it('drops what is none', () => {
    for (const text of [undefined, '', 'abc', 'http://[', '//x', 'http://a b', '\uD800'])
      assert.equal(uriOf(text), undefined);
  });
});

describe('DOIs', () => {
  it('are shown, compared and put into paths', () => {
    assert.equal(isDoi('10.5072/a/b;c(d)'), true);
    assert.equal(isDoi('10.5072/a%20b'), false);
    assert.equal(doiKey('10.5072/ABC'), '10.5072/abc');
    assert.equal(doiUrl('10.5072/a/b;c'), 'https://doi.org/10.5072/a/b%3Bc');
    assert.equal(doiPath('10.5072/\uD800'), '10.5072/%EF%BF%BD');
  });
});

describe('identifierIn', () => {
  for (const [text, type, identifier] of [
    ['10.1234/paper', 'DOI', '10.1234/paper'],
    ['doi:10.1234/Paper', 'DOI', '10.1234/Paper'],
    ['https://dx.doi.org/10.1234/a%2Fb', 'DOI', '10.1234/a/b'],
    ['A. Lovelace, J. Cryst. 12 (1843), doi 10.1234/paper.1.', 'DOI', '10.1234/paper.1'],
    ['https://hdl.handle.net/20.500.12345/abc', 'Handle', '20.500.12345/abc'],
    ['arXiv:2101.00001v2', 'arXiv', 'arXiv:2101.00001v2'],
    ['https://arxiv.org/abs/cond-mat/0101001', 'arXiv', 'arXiv:cond-mat/0101001'],
    ['978-3-16-148410-0', 'ISBN', '978-3-16-148410-0'],
    ['see https://example.org/x?y=1, please', 'URL', 'https://example.org/x?y=1'],
  ] as const)
    it(`sees ${type} in ${text}`, () => assert.deepEqual(identifierIn(text), { identifier, type }));

  it('sees nothing in a text', () => {
    for (const text of ['', 'Lovelace 1843', '978-3-16-148410-1', 'javascript:alert(1)', '10.12', '%zz'])
      assert.equal(identifierIn(text), undefined);
  });

  it('makes addresses', () => {
    const of = (relatedIdentifierType: string, relatedIdentifier: string): string =>
      relatedUrl({ relatedIdentifier, relatedIdentifierType, relationType: 'References' });
    assert.equal(of('DOI', '10.1/x y'), 'https://doi.org/10.1/x%20y');
    assert.equal(of('Handle', '20.5/x'), 'https://hdl.handle.net/20.5/x');
    assert.equal(of('arXiv', 'arXiv:2101.00001'), 'https://arxiv.org/abs/2101.00001');
    assert.equal(of('ISBN', '978-3-16-148410-0'), 'urn:isbn:9783161484100');
    assert.equal(of('PMID', '12'), '12');
    assert.doesNotThrow(() => of('Handle', '\uD800/%'));
  });
});

describe('licenceOf', () => {
  it('knows ids, names and addresses', () => {
    for (const text of [
      ...['CC-BY-4.0', 'cc by 4.0', 'http://creativecommons.org/licenses/by/4.0', 'CC_BY_4.0'],
      ...[
        'https://creativecommons.org/licenses/by/4.0/legalcode',
        'Creative Commons Attribution 4.0 International',
      ],
    ])
      assert.equal(licenceOf(text)?.rightsIdentifier, 'cc-by-4.0', text);
    assert.equal(licenceOf('CC0')?.rightsIdentifier, 'cc0-1.0');
    assert.equal(licenceOf('mine'), undefined);
  });
});

describe('embargoOf', () => {
  const now = new Date('2026-06-15T12:00:00Z');
  const until = (zone: string, ...dates: [string, string][]): string | undefined =>
    embargoOf({ dates: dates.map(([dateType, date]) => ({ date, dateType })) }, now, zone)?.toISOString();

  it('is the moment that the author wrote, wherever days begin', () => {
    for (const zone of ['UTC', 'Europe/Zurich', 'America/Los_Angeles']) {
      assert.equal(until(zone, ['Available', '2027-05-06T23:59:59Z']), '2027-05-06T23:59:59.000Z');
      assert.equal(until(zone, ['Available', '2027-05-06T00:30+02:00']), '2027-05-05T22:30:00.000Z');
      assert.equal(until(zone, ['Available', '2026-06-15T12:00:01Z']), '2026-06-15T12:00:01.000Z');
    }
  });

  it('is the beginning of a day, a month or a year in the zone', () => {
    assert.equal(until('UTC', ['Available', '2027']), '2027-01-01T00:00:00.000Z');
    assert.equal(until('Europe/Zurich', ['Available', '2027']), '2026-12-31T23:00:00.000Z');
    assert.equal(until('Europe/Zurich', ['Available', '2027-07']), '2027-06-30T22:00:00.000Z');
    assert.equal(until('Europe/Zurich', ['Available', '2027-03-29']), '2027-03-28T22:00:00.000Z');
    assert.equal(until('America/Los_Angeles', ['Available', '2027-05-06']), '2027-05-06T07:00:00.000Z');
    assert.equal(until('UTC', ['Available', '2027-05/2028-01']), '2027-05-01T00:00:00.000Z');
  });

  it('is the latest of several', () => {
    const two: [string, string][] = [
      ['Available', '2027-01-01'],
      ['Available', '2027-01-01T00:30Z'],
    ];
    assert.equal(until('UTC', ...two), '2027-01-01T00:30:00.000Z');
    assert.equal(until('America/Los_Angeles', ...two), '2027-01-01T08:00:00.000Z');
  });

  it('is nothing when nothing lies ahead', () => {
    assert.equal(embargoOf(fullResource, now, 'UTC'), undefined);
    for (const date of ['2026-06-15', '2026-06-15T12:00Z', 'soon', '/2030-01-01'])
      assert.equal(until('UTC', ['Available', date]), undefined, date);
    assert.equal(until('UTC', ['Issued', '2030-01-01']), undefined);
    // A day that has begun in the east begins later in the west.
    assert.equal(until('America/Los_Angeles', ['Available', '2026-06-15']), undefined);
    assert.equal(until('Pacific/Kiritimati', ['Available', '2026-06-16']), undefined);
  });
});

describe('toDataciteAttributes', () => {
  it('sends everything, empty lists too, and no identifier of type DOI', () => {
    const { doi, creators, titles, publisher, publicationYear, types } = fullResource;
    const attributes = toDataciteAttributes(
      {
        doi,
        creators,
        titles,
        publisher,
        publicationYear,
        types,
        alternateIdentifiers: [
          { alternateIdentifier: '10.5072/other', alternateIdentifierType: 'doi' },
          { alternateIdentifier: 'x', alternateIdentifierType: 'SciCat dataset PID' },
        ],
      },
      { url: 'https://data.example.org/doi/10.5072/Full-1', event: 'publish' },
    );
    assert.deepEqual(attributes['identifiers'], [{ identifier: 'x', identifierType: 'SciCat dataset PID' }]);
    assert.deepEqual(attributes['subjects'], []);
    assert.equal(attributes['event'], 'publish');
    assert.equal(attributes['schemaVersion'], 'http://datacite.org/schema/kernel-4');
    assert.equal('alternateIdentifiers' in attributes, false);
    assert.equal('event' in toDataciteAttributes(fullResource, { url: 'x' }), false);
  });
});
