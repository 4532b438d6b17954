import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import LinkHeader from 'http-link-header';
import jsonld from 'jsonld';
import { citationOf, citationStyles } from '../../apps/publication-server/src/formats/citation.js';
import { contentTypeOf, formatNamed, formats } from '../../apps/publication-server/src/formats/formats.js';
import {
  linkHeader,
  linksetJson,
  linksetText,
} from '../../apps/publication-server/src/formats/signposting.js';
import type { Work, WorkFile } from '../../apps/publication-server/src/formats/work.js';
import { fileLine, recordOf, resourceOf } from './support/public-records.js';
import { readCitation, workOf } from './support/works.js';

const doi = '10.5072/Abc.1';
const files: WorkFile[] = [fileLine('raw/a b#1.h5'), fileLine('list.csv')];
const work = workOf(
  recordOf(doi, { files: { sha256: 'f'.repeat(64), count: 2, bytes: 2000, parts: 1 } }),
  files,
);
const render = (name: string, of: Work = work): string => formatNamed(name)?.render(of, 'apa') ?? '';
const nasty = 'A & B {c} \\d $e_f% #g ^h ~i\nfor "j" <k> – ü';
const hostile = workOf(
  recordOf(doi, {
    resource: resourceOf(doi, {
      titles: [{ title: nasty }],
      creators: [
        { name: 'Rock and Roll, Institute of', nameType: 'Organizational' },
        { name: 'van der Waals, Johannes Diderik', nameType: 'Personal' },
        { name: 'Madonna', nameType: 'Personal' },
      ],
    }),
  }),
);
const asRead = nasty.replace(/\s+/g, ' ');

describe('BibTeX', () => {
  it('is read by another program as it was meant', () => {
    const item = readCitation('@bibtex/text', render('bibtex'));
    assert.deepEqual(item.author, [
      { family: 'Lovelace', given: 'Ada' },
      { family: 'Müller-Lüdenscheidt', given: 'Heinz' },
      { family: 'The Beamline Team' },
    ]);
    assert.deepEqual(
      [item.title, item.DOI, item.publisher],
      ['Diffraction of a rare crystal', doi, 'Paul Scherrer Institute'],
    );
  });

  it('survives what means something to BibTeX', () => {
    const item = readCitation('@bibtex/text', render('bibtex', hostile));
    assert.equal(item.title?.replace(/<\/?\w+[^>]*>/g, '').slice(0, 12), asRead.slice(0, 12));
    assert.equal(item.author?.length, 3);
    assert.equal(item.author?.[0]?.family, 'Rock and Roll, Institute of');
    assert.equal(`${item.author?.[1]?.given}`, 'Johannes Diderik');
  });
});

describe('BibTeX addresses', () => {
  it('are written as they are, because nobody takes an escape out of them again', () => {
    const odd = '10.5072/under_score#1%7e&2~^$';
    const text = render('bibtex', workOf(recordOf(odd)));
    assert.ok(text.includes(`  doi = {${odd}}`), text);
    assert.doesNotMatch(/^ {2}url = .*$/m.exec(text)?.[0] ?? assert.fail(text), /\\/);
  });

  it('cannot end their field', () => {
    const text = render('bibtex', workOf(recordOf('10.5072/a}b{c\\d')));
    assert.ok(text.includes('  doi = {10.5072/a%7Db%7Bc%5Cd}'), text);
  });
});

describe('Markup in titles', () => {
  const titled = (title: string): Work =>
    workOf(recordOf(doi, { resource: resourceOf(doi, { titles: [{ title }] }) }));
  const titles: readonly (readonly [string, string])[] = [
    ['CO<sub>2</sub> at 10<sup>\u22123</sup> bar', 'CO₂ at 10⁻³ bar'],
    ['<i>E. coli</i> &amp; <b>friends</b>', 'E. coli & friends'],
    ['x<sup>th</sup> order', 'xth order'],
    [
      'The <math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><msup><mi>x</mi><mn>2</mn></msup><annotation encoding="application/x-tex">x^2</annotation></semantics></math> law',
      'The x2 law',
    ],
    ['<mml:math><mml:mi>β</mml:mi></mml:math> decay', 'β decay'],
    ['one<br/>two', 'one two'],
    ['a < b and c > d &amp; <k>', 'a < b and c > d &amp; <k>'],
  ];

  it('is plain text in every citation', () => {
    for (const [title, plain] of titles) {
      for (const style of citationStyles) {
        const citation = citationOf(titled(title), style);
        assert.ok(citation.includes(plain), `${style}: expected ${plain}, found ${citation}`);
      }
      assert.ok(render('ris', titled(title)).includes(`TI  - ${plain}\r\n`));
      assert.equal((JSON.parse(render('csl-json', titled(title))) as { title: string }).title, plain);
      assert.equal((JSON.parse(render('schema-org', titled(title))) as { name: string }).name, plain);
    }
  });

  it('stays in formats that hand on what was deposited', () => {
    const [[title]] = titles as [readonly [string, string]];
    const { titles: kept } = JSON.parse(render('datacite-json', titled(title))) as {
      titles: { title: string }[];
    };
    assert.equal(kept[0]?.title, title);
  });
});

describe('Control characters and what is no character', () => {
  const odd = 'A\u0000\u001b[31m\u0085\ufdd0\ufffe\u{1ffff}\u202eB\ud800';
  const dirty = workOf(
    recordOf(doi, {
      resource: resourceOf(doi, {
        titles: [{ title: odd }],
        creators: [{ name: odd, nameType: 'Organizational' }],
        subjects: [{ subject: odd }],
        descriptions: [{ description: odd, descriptionType: 'Abstract' }],
      }),
    }),
  );

  it('are in no format that we write ourselves', () => {
    const ours = formats.filter(({ name }) => name !== 'datacite-xml' && name !== 'dublin-core');
    for (const { name } of ours) {
      const text =
        name.endsWith('json') || /ld|dcat|org/.test(name) ? parsed(render(name, dirty)) : render(name, dirty);
      assert.doesNotMatch(text, /[^\P{Cc}\r\n]|\p{NChar}|\u202e|\p{Cs}/u, name);
    }
    for (const style of citationStyles)
      assert.doesNotMatch(citationOf(dirty, style), /\p{Cc}|\p{NChar}|\u202e|\p{Cs}/u, style);
  });

  /** The texts of a JSON document, as whoever parses it has them. */
  function parsed(json: string): string {
    const texts: string[] = [];
    JSON.parse(json, (_, value: unknown) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
    return texts.join(' ');
  }
});

describe('RIS', () => {
  it('is read by another program as it was meant', () => {
    const item = readCitation('@ris/file', render('ris'));
    assert.equal(item.title, 'Diffraction of a rare crystal');
    assert.equal(item.DOI, doi);
    assert.equal(item.author?.length, 3);
    assert.equal(item.author?.[0]?.family, 'Lovelace');
  });

  it('has one line for each value, whatever a title has in it', () => {
    const lines = render('ris', hostile).split('\r\n');
    assert.ok(lines.every((line) => line === '' || /^[A-Z][A-Z0-9] {2}- /.test(line)));
    assert.ok(lines.includes(`TI  - ${asRead}`));
  });
});

describe('CSL-JSON', () => {
  it('has names in parts, the date, and the DOI', () => {
    const item = readCitation('@csl/object', JSON.parse(render('csl-json', hostile)));
    assert.deepEqual(item.author, [
      { literal: 'Rock and Roll, Institute of' },
      { family: 'van der Waals', given: 'Johannes Diderik' },
      { literal: 'Madonna' },
    ]);
    assert.deepEqual([item.type, item.title, item.DOI], ['dataset', nasty, doi]);
    assert.deepEqual(item.issued, { 'date-parts': [[2026, 2, 3]] });
  });
});

describe('EndNote', () => {
  it('has a tagged line for each value', () =>
    assert.match(
      render('endnote'),
      /^%0 Dataset\r\n%A Lovelace, Ada\r\n%A Müller-Lüdenscheidt, Heinz\r\n%A The Beamline Team,\r\n%T Diffraction/,
    ));
});

describe('Citations', () => {
  const expected = {
    apa: 'Lovelace, A., Müller-Lüdenscheidt, H., & The Beamline Team (2026). Diffraction of a rare crystal (Version 1.0) [Data set]. Paul Scherrer Institute. https://doi.org/10.5072/Abc.1',
    chicago:
      'Lovelace, Ada, Heinz Müller-Lüdenscheidt, and The Beamline Team. 2026. “Diffraction of a rare crystal.” Version 1.0. Dataset. Paul Scherrer Institute. https://doi.org/10.5072/Abc.1.',
    harvard:
      'Lovelace, A., Müller-Lüdenscheidt, H. and The Beamline Team (2026) ‘Diffraction of a rare crystal’, version 1.0 [Dataset]. Paul Scherrer Institute. Available at: https://doi.org/10.5072/Abc.1.',
    ieee: 'A. Lovelace, H. Müller-Lüdenscheidt, and The Beamline Team, “Diffraction of a rare crystal,” version 1.0, Paul Scherrer Institute, 2026. [Dataset]. doi: 10.5072/Abc.1.',
    vancouver:
      'Lovelace A, Müller-Lüdenscheidt H, The Beamline Team. Diffraction of a rare crystal [dataset]. Version 1.0. Paul Scherrer Institute; 2026. Available from: https://doi.org/10.5072/Abc.1',
    mla: 'Lovelace, Ada, et al. “Diffraction of a rare crystal.” Version 1.0, Paul Scherrer Institute, 2026, https://doi.org/10.5072/Abc.1.',
    datacite:
      'Lovelace, Ada; Müller-Lüdenscheidt, Heinz; The Beamline Team (2026): Diffraction of a rare crystal. 1.0. Paul Scherrer Institute. Dataset. https://doi.org/10.5072/Abc.1',
  };
  for (const style of citationStyles)
    it(`in the style ${style}`, () => assert.equal(citationOf(work, style), expected[style]));

  it('leave out most of many authors where the style does', () => {
    const many = workOf(
      recordOf(doi, {
        resource: resourceOf(doi, {
          creators: Array.from({ length: 30 }, (_, index) => ({
            name: `Family${index}, Jean-Paul`,
            nameType: 'Personal' as const,
          })),
        }),
      }),
    );
    assert.match(citationOf(many, 'apa'), /Family18, J\.-P\., … Family29, J\.-P\. \(2026\)/);
    assert.match(citationOf(many, 'vancouver'), /Family5 JP, et al\. /);
    assert.match(citationOf(many, 'ieee'), /^J\.-P\. Family0 et al\., “/);
    assert.match(citationOf(many, 'harvard'), /^Family0, J\.-P\. et al\. \(2026\)/);
  });

  it('name the page as long as nobody could resolve the DOI', () =>
    assert.match(
      citationOf(workOf(recordOf(doi, { registered: false })), 'apa'),
      / https:\/\/data\.example\.org\/doi\/10\.5072\/Abc\.1$/,
    ));
});

describe('schema.org', () => {
  const vocabulary = { '@context': { '@vocab': 'https://schema.org/' } };
  const documentLoader = async (documentUrl: string) => {
    assert.equal(documentUrl, 'https://schema.org/');
    return { documentUrl, document: vocabulary };
  };

  it('is JSON-LD with what dataset search engines ask for', async () => {
    const [node] = await jsonld.expand(JSON.parse(render('schema-org')) as jsonld.JsonLdDocument, {
      documentLoader,
    });
    const of = (name: string): unknown[] => (node?.[`https://schema.org/${name}`] ?? []) as unknown[];
    assert.deepEqual(node?.['@type'], ['https://schema.org/Dataset']);
    assert.equal(node['@id'], 'https://doi.org/10.5072/Abc.1');
    for (const name of [
      ...['name', 'description', 'identifier', 'creator', 'license', 'url', 'sameAs', 'version', 'keywords'],
      ...[
        'datePublished',
        'dateModified',
        'publisher',
        'funder',
        'measurementTechnique',
        'isAccessibleForFree',
      ],
      ...['includedInDataCatalog', 'distribution', 'temporalCoverage', 'inLanguage', 'instrument'],
    ])
      assert.ok(of(name).length > 0, name);
    assert.equal(of('creator').length, 3);
    assert.equal((of('creator')[0] as { '@id': string })['@id'], 'https://orcid.org/0000-0002-1825-0097');
    const description = (of('description')[0] as { '@value': string })['@value'];
    assert.ok(description.length >= 50 && description.length <= 5000);
    const urls = of('distribution').map(
      (one) =>
        (one as Record<string, { '@value': string }[]>)['https://schema.org/contentUrl']?.[0]?.['@value'],
    );
    assert.deepEqual(urls, [
      'https://data.example.org/doi/10.5072/Abc.1/archive.zip',
      'https://data.example.org/doi/10.5072/Abc.1/archive.tar',
      'https://data.example.org/doi/10.5072/Abc.1/files/raw/a%20b%231.h5',
      'https://data.example.org/doi/10.5072/Abc.1/files/list.csv',
    ]);
  });

  it('describes what has no abstract, too', () => {
    const bare = workOf(recordOf(doi, { resource: resourceOf(doi, { descriptions: [] }) }));
    const { description } = JSON.parse(render('schema-org', bare)) as { description: string };
    assert.ok(description.length >= 50);
  });

  it('offers no files under embargo', () => {
    const embargoed = { ...work, embargoedUntil: new Date('2027-01-01T00:00:00Z') };
    const json = JSON.parse(render('schema-org', embargoed)) as Record<string, unknown>;
    assert.equal(json['distribution'], undefined);
    assert.match(String(json['conditionsOfAccess']), /2027-01-01/);
  });
});

describe('DCAT', () => {
  it('is JSON-LD with its context inside', async () => {
    const quads = (await jsonld.toRDF(JSON.parse(render('dcat')) as jsonld.JsonLdDocument, {
      format: 'application/n-quads',
    })) as unknown as string;
    assert.match(
      quads,
      /<https:\/\/doi\.org\/10\.5072\/Abc\.1> <[^>]*#type> <http:\/\/www\.w3\.org\/ns\/dcat#Dataset>/,
    );
    assert.match(
      quads,
      /dcat#downloadURL> <https:\/\/data\.example\.org\/doi\/10\.5072\/Abc\.1\/archive\.zip>/,
    );
    assert.match(quads, /dc\/terms\/license> <https:\/\/creativecommons\.org\/licenses\/by\/4\.0\/>/);
    assert.match(quads, /foaf\/0\.1\/name> "Heinz Müller-Lüdenscheidt"/);
  });
});

describe('Every format', () => {
  for (const format of formats)
    it(`${format.name} can be made of a hostile record, and says what it is`, () => {
      const text = format.render(hostile, 'apa');
      if (/json/.test(contentTypeOf(format))) JSON.parse(text);
      assert.ok(text.length > 20 && text.endsWith('\n'));
      assert.match(contentTypeOf(format), /charset=utf-8$/);
    });
});

describe('Signposting', () => {
  const page = 'https://data.example.org/doi/10.5072/Abc.1';
  const parsed = LinkHeader.parse(linkHeader(work));

  it('has what the profile asks for at level 1', () => {
    assert.deepEqual(
      parsed.rel('cite-as').map(({ uri }) => uri),
      ['https://doi.org/10.5072/Abc.1'],
    );
    assert.deepEqual(
      parsed.rel('type').map(({ uri }) => uri),
      ['https://schema.org/AboutPage', 'https://schema.org/Dataset'],
    );
    assert.deepEqual(
      parsed.rel('license').map(({ uri }) => uri),
      ['https://creativecommons.org/licenses/by/4.0/'],
    );
    assert.deepEqual(
      parsed.rel('author').map(({ uri }) => uri),
      ['https://orcid.org/0000-0002-1825-0097'],
    );
    assert.deepEqual(
      parsed.rel('item').map(({ uri, type }) => [uri, type]),
      [
        [`${page}/files/raw/a%20b%231.h5`, 'application/x-hdf5'],
        [`${page}/files/list.csv`, 'text/csv'],
      ],
    );
    assert.ok(parsed.rel('describedby').length >= 5);
    assert.ok(parsed.rel('describedby').every(({ type }) => type !== undefined && type !== ''));
    assert.equal(parsed.rel('linkset').length, 2);
  });

  it('names neither many files nor many authors in the header', () => {
    const creators = Array.from({ length: 6 }, (_, index) => ({
      name: `A${index}`,
      nameIdentifiers: [
        { nameIdentifier: `https://orcid.org/0000-0000-0000-000${index}`, nameIdentifierScheme: 'ORCID' },
      ],
    }));
    const record = recordOf(doi, {
      resource: resourceOf(doi, { creators }),
      files: { sha256: 'f'.repeat(64), count: 6, bytes: 1, parts: 1 },
    });
    const many = LinkHeader.parse(linkHeader(workOf(record, Array<WorkFile>(6).fill(fileLine('a')))));
    assert.equal(many.rel('author').length + many.rel('item').length, 0);
  });

  it('keeps a hostile address inside its brackets', () => {
    const rightsList = [{ rights: 'x', rightsUri: 'https://a.b/>; rel="evil",<ü>\r\nX: y' }];
    const header = linkHeader(workOf(recordOf(doi, { resource: resourceOf(doi, { rightsList }) })));
    assert.match(header, /^[\x20-\x7e]*$/);
    assert.equal(LinkHeader.parse(header).rel('evil').length, 0);
  });

  async function* all(): AsyncIterable<WorkFile> {
    yield* files;
  }

  it('has the same links in both forms at level 2, and back', async () => {
    let json = '';
    for await (const piece of linksetJson(work, all())) json += piece;
    let text = '';
    for await (const piece of linksetText(work, all())) text += piece;
    const { linkset } = JSON.parse(json) as {
      linkset: ({ anchor: string } & Record<string, { href: string; type?: string }[]>)[];
    };
    const fromJson = linkset
      .flatMap(({ anchor, ...relations }) =>
        Object.entries(relations).flatMap(([relation, targets]) =>
          targets.map(({ href, type }) => [anchor, relation, href, type ?? ''].join(' ')),
        ),
      )
      .sort();
    const fromText = LinkHeader.parse(text)
      .refs.map((link) => [link['anchor'], link.rel, link.uri, link['type'] ?? ''].join(' '))
      .sort();
    assert.deepEqual(fromText, fromJson);
    assert.equal(fromJson.filter((link) => link.startsWith(`${page} item `)).length, 2);
    assert.ok(fromJson.includes(`${page}/files/list.csv collection ${page} text/html`));
    assert.ok(fromJson.includes(`${page}/export/datacite-xml describes ${page} text/html`));
  });
});
