import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RenderingContext } from './access.js';
import { oaiDcXml } from './oai-dc.js';
import type { DataciteResource } from './resource.js';
import { fullResource } from './testing/full-resource.js';
import { allNamed, parsedXml } from './testing/parsed-xml.js';
import { dataciteXml } from './xml.js';
import { xmlAttribute, xmlText } from './xml-text.js';

const open: RenderingContext = {
  embargoed: false,
  landingPage: 'https://data.example.org/doi/10.5072/Full-1',
};
const closed: RenderingContext = { ...open, embargoed: true, embargoUntil: '2030-05-06T07:08:09.000Z' };
const hostile = [
  ...[
    '& < > "',
    ']]>',
    '<!-- -->',
    '<?php ?>',
    '</title><script>alert(1)</script>',
    '&amp;',
    '%00',
    '\u0001',
  ],
  ...['\uD800', 'a\uDC00b', '\uFFFE\uFFFF', '\u0000', '😀', 'שלום', 'a\r\nb\tc', '\u0085\u2028'],
];

describe('dataciteXml', () => {
  const root = parsedXml(dataciteXml(fullResource, open));

  it('is a kernel-4 resource that names its schema', () => {
    assert.equal(root.name, 'resource');
    assert.equal(root.attributes['xmlns'], 'http://datacite.org/schema/kernel-4');
    assert.deepEqual(root.attributes['xsi:schemaLocation']?.split(' '), [
      'http://datacite.org/schema/kernel-4',
      'https://schema.datacite.org/meta/kernel-4.6/metadata.xsd',
    ]);
  });

  it('has every part of the model once, in the order of the documentation', () =>
    assert.deepEqual(
      root.children.map(({ name }) => name),
      [
        ...['identifier', 'creators', 'titles', 'publisher', 'publicationYear', 'resourceType', 'subjects'],
        ...['contributors', 'dates', 'language', 'alternateIdentifiers', 'relatedIdentifiers', 'sizes'],
        ...['formats', 'version', 'rightsList', 'descriptions', 'geoLocations', 'fundingReferences'],
      ],
    ));

  it('has the parts of a person in the order of the schema', () => {
    const [creator] = allNamed(root, 'creator');
    assert.deepEqual(
      creator?.children.map(({ name, text }) => [name, text]),
      [
        ['creatorName', 'Lovelace, Ada'],
        ['givenName', 'Ada'],
        ['familyName', 'Lovelace'],
        ['nameIdentifier', 'https://orcid.org/0000-0002-1825-0097'],
        ['affiliation', 'Paul Scherrer Institute'],
      ],
    );
    assert.equal(allNamed(root, 'affiliation')[0]?.attributes['affiliationIdentifierScheme'], 'ROR');
    assert.equal(allNamed(root, 'publisher')[0]?.attributes['publisherIdentifierScheme'], 'ROR');
    assert.equal(allNamed(root, 'title')[1]?.attributes['xml:lang'], 'de-CH');
  });

  it('tells how open the files are', () => {
    const rightsOf = (context: RenderingContext): (string | undefined)[] =>
      allNamed(parsedXml(dataciteXml(fullResource, context)), 'rights').map(
        ({ attributes }) => attributes['rightsURI'],
      );
    const licence = 'https://creativecommons.org/licenses/by/4.0/';
    assert.deepEqual(rightsOf(open), [licence, 'info:eu-repo/semantics/openAccess']);
    assert.deepEqual(rightsOf(closed), [licence, 'info:eu-repo/semantics/embargoedAccess']);
    const available = allNamed(parsedXml(dataciteXml(fullResource, closed)), 'date').at(-1);
    assert.equal(available?.attributes['dateType'], 'Available');
    assert.equal(available.text, '2030-05-06');
  });

  it('stays valid for what DataCite would refuse', () => {
    const wrong: DataciteResource = {
      doi: '10.5072/wrong',
      creators: [],
      titles: [],
      publisher: { name: '', schemeUri: 'http://[', lang: 'no language' },
      publicationYear: Number.NaN,
      types: { resourceTypeGeneral: 'dataset' },
      contributors: [{ name: '', contributorType: 'Author' }],
      dates: [{ date: 'yesterday', dateType: 'issued' }],
      language: '"',
      alternateIdentifiers: [{ alternateIdentifier: 'x', alternateIdentifierType: '' }],
      relatedIdentifiers: [
        { relatedIdentifier: 'x', relatedIdentifierType: 'doi', relationType: 'References' },
      ],
      rightsList: [{ rightsUri: 'not an address' }],
      descriptions: [{ description: 'x', descriptionType: 'Summary' }],
      geoLocations: [{ geoLocationPoint: { pointLongitude: 181, pointLatitude: Number.NaN } }],
      fundingReferences: [{ funderName: '', funderIdentifier: 'x', funderIdentifierType: 'Nobody' }],
    };
    const parsed = parsedXml(dataciteXml(wrong, open));
    const first = (name: string) => allNamed(parsed, name)[0];
    assert.equal(first('creatorName')?.text, '(:unav)');
    assert.equal(first('title')?.text, '(:unav)');
    assert.deepEqual(first('publisher')?.attributes, {});
    assert.equal(first('publicationYear')?.text, '0000');
    assert.equal(first('resourceType')?.attributes['resourceTypeGeneral'], 'Other');
    assert.equal(first('contributor')?.attributes['contributorType'], 'Other');
    assert.equal(first('date')?.attributes['dateType'], 'Other');
    assert.equal(first('description')?.attributes['descriptionType'], 'Other');
    assert.equal(first('funderIdentifier')?.attributes['funderIdentifierType'], 'Other');
    for (const name of ['language', 'relatedIdentifier', 'geoLocations'])
      assert.equal(first(name), undefined, name);
  });

  for (const text of hostile)
    it(`survives ${JSON.stringify(text)} everywhere`, () => {
      const evil = JSON.parse(JSON.stringify(fullResource), (_key, value: unknown) =>
        typeof value === 'string' ? value + text : value,
      ) as DataciteResource;
      for (const context of [open, { ...closed, landingPage: `https://x/${text}` }]) {
        const parsed = parsedXml(dataciteXml(evil, context));
        assert.equal(allNamed(parsed, 'script').length, 0);
        assert.equal(allNamed(parsed, 'creator').length, 2);
        assert.equal(allNamed(parsedXml(oaiDcXml(evil, context)), 'dc:creator').length, 2);
      }
    });
});

describe('oaiDcXml', () => {
  const texts = (name: string, context = open): string[] =>
    allNamed(parsedXml(oaiDcXml(fullResource, context)), `dc:${name}`).map(({ text }) => text);

  it('declares its namespaces and its schema on the root', () => {
    const { name, attributes } = parsedXml(oaiDcXml(fullResource, open));
    assert.equal(name, 'oai_dc:dc');
    assert.equal(attributes['xmlns:oai_dc'], 'http://www.openarchives.org/OAI/2.0/oai_dc/');
    assert.equal(attributes['xmlns:dc'], 'http://purl.org/dc/elements/1.1/');
    assert.match(attributes['xsi:schemaLocation'] ?? '', /oai_dc\.xsd$/);
  });

  it('has one creator per creator, in their order', () =>
    assert.deepEqual(texts('creator'), ['Lovelace, Ada', 'The Beamline Team']));

  it('has DOI and page as addresses', () =>
    assert.deepEqual(texts('identifier').slice(0, 2), [
      'https://doi.org/10.5072/Full-1',
      'https://data.example.org/doi/10.5072/Full-1',
    ]));

  it('has licence and access rights', () => {
    assert.deepEqual(texts('rights').slice(0, 2), [
      'info:eu-repo/semantics/openAccess',
      'https://creativecommons.org/licenses/by/4.0/',
    ]);
    assert.equal(texts('rights', closed)[0], 'info:eu-repo/semantics/embargoedAccess');
    assert.ok(texts('date', closed).includes('info:eu-repo/date/embargoEnd/2030-05-06'));
    const midnight = { ...closed, embargoUntil: '2029-12-31T23:00:00.000Z', timeZone: 'Europe/Zurich' };
    assert.ok(texts('date', midnight).includes('info:eu-repo/date/embargoEnd/2030-01-01'));
    assert.equal(texts('date', closed)[0], '2026-02-03');
  });

  it('links what is related', () => assert.deepEqual(texts('relation'), ['https://doi.org/10.1234/paper']));
});

describe('xmlText', () => {
  it('gives back what the parser reads, but for what XML cannot hold', () => {
    for (const text of ['a & b < c > "d"', '😀', 'x]]>y', ' \n\t ', 'a\rb'])
      assert.equal(parsedXml(`<a b="${xmlAttribute(text)}">.${xmlText(text)}</a>`).text, `.${text}`);
    assert.equal(xmlText('a\u0001b\uD800c\uFFFFd'), 'a\uFFFDb\uFFFDc\uFFFDd');
    assert.equal(xmlText('😀'), '😀');
  });
});
