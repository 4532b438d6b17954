import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { recordOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';
import { readCitation } from './support/works.js';

const path = '/doi/10.5072/Abc.1';

/** publication.md, section 6, check 25. */
describe('Content negotiation', () => {
  let site: PublicSite;

  before(async () => {
    site = await PublicSite.start();
    await site.put(recordOf('10.5072/Abc.1'));
  });
  after(() => site.stop());

  const ask = (accept: string, address = path, more: Record<string, string> = {}): Promise<Response> =>
    site.fetch(address, { headers: { accept, ...more } });

  for (const [accept, type, content] of [
    ['text/html', 'text/html', /<!doctype html>/],
    ['application/xhtml+xml', 'text/html', /<!doctype html>/],
    ['*/*', 'text/html', /<!doctype html>/],
    ['application/vnd.datacite.datacite+json', 'application/vnd.datacite.datacite+json', /"schemaVersion"/],
    [
      'application/vnd.datacite.datacite+xml',
      'application/vnd.datacite.datacite+xml',
      /^<\?xml[^>]*>\s*<resource/,
    ],
    ['application/xml', 'application/vnd.datacite.datacite+xml', /<resource/],
    ['application/ld+json', 'application/ld+json', /"@context": "https:\/\/schema\.org\/"/],
    ['application/x-bibtex', 'application/x-bibtex', /^@misc\{10\.5072\/Abc\.1,/],
    ['application/x-research-info-systems', 'application/x-research-info-systems', /^TY {2}- DATA\r\n/],
    [
      'application/vnd.citationstyles.csl+json',
      'application/vnd.citationstyles.csl+json',
      /"type": "dataset"/,
    ],
    ['text/x-bibliography', 'text/x-bibliography', /^Lovelace, A\., /],
    ['text/x-bibliography; style=ieee', 'text/x-bibliography', /^A\. Lovelace, /],
    ['text/x-bibliography; style=nosuch', 'text/x-bibliography', /^Lovelace, A\., /],
    ['application/json', 'application/json', /"doi": "10\.5072\/Abc\.1"/],
    ['text/html;q=0.5, application/x-bibtex', 'application/x-bibtex', /^@misc/],
    ['application/rdf+xml;q=0.5, */*;q=0.1', 'text/html', /<!doctype html>/],
  ] as const)
    it(`gives ${type} for ${accept}`, async () => {
      const answer = await ask(accept);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type')?.split(';')[0], type);
      assert.match(answer.headers.get('vary') ?? '', /\bAccept\b/);
      assert.match(await answer.text(), content);
    });

  it('refuses what there is not, with a list of what there is', async () => {
    const answer = await ask('application/rdf+xml, image/png');
    const text = await answer.text();
    assert.equal(answer.status, 406);
    assert.match(answer.headers.get('vary') ?? '', /Accept/);
    assert.match(text, /^text\/html https:\/\/data\.example\.org\/doi\/10\.5072\/Abc\.1$/m);
    assert.match(
      text,
      /^application\/x-bibtex https:\/\/data\.example\.org\/doi\/10\.5072\/Abc\.1\/export\/bibtex$/m,
    );
  });

  it('has an address for each format, with the same content', async () => {
    for (const [accept, name] of [
      ['application/vnd.datacite.datacite+xml', 'datacite-xml'],
      ['application/ld+json', 'schema-org'],
      ['application/x-bibtex', 'bibtex'],
      ['application/json', 'json'],
    ] as const) {
      const negotiated = await ask(accept);
      const location = negotiated.headers.get('content-location') ?? '';
      assert.equal(location, `https://data.example.org${path}/export/${name}`);
      const named = await ask('*/*', `${path}/export/${name}`);
      assert.equal(await named.text(), await negotiated.text(), name);
      assert.match(
        named.headers.get('content-disposition') ?? '',
        /^attachment; filename="10\.5072_Abc\.1\./,
      );
      assert.equal(named.headers.get('access-control-allow-origin'), '*');
    }
    assert.match(await (await ask('*/*', `${path}/export/citation?style=vancouver`)).text(), /^Lovelace A, /);
    assert.equal((await ask('*/*', `${path}/export/marc`)).status, 404);
  });

  it('has a tag for each form, and tells who has it already', async () => {
    const tags = await Promise.all(
      [
        'text/html',
        'application/json',
        'application/x-bibtex',
        'text/x-bibliography',
        'text/x-bibliography;style=mla',
      ].map(async (accept) => {
        const answer = await ask(accept);
        await answer.arrayBuffer();
        return answer.headers.get('etag') ?? '';
      }),
    );
    assert.equal(new Set(tags).size, tags.length);
    assert.equal((await ask('application/json', path, { 'if-none-match': `"x", ${tags[1]}` })).status, 304);
    assert.equal((await ask('application/json', path, { 'if-none-match': tags[0] ?? '' })).status, 200);
  });

  it('says the same in every form', async () => {
    const text = async (accept: string): Promise<string> => (await ask(accept)).text();
    const datacite = JSON.parse(await text('application/vnd.datacite.datacite+json')) as {
      titles: { title: string }[];
      creators: { familyName?: string; name: string }[];
    };
    const families = datacite.creators.map(({ familyName, name }) => familyName ?? name);
    const bibtex = readCitation('@bibtex/text', await text('application/x-bibtex'));
    const ris = readCitation('@ris/file', await text('application/x-research-info-systems'));
    const csl = readCitation(
      '@csl/object',
      JSON.parse(await text('application/vnd.citationstyles.csl+json')),
    );
    for (const item of [bibtex, ris, csl]) {
      assert.equal(item.title, datacite.titles[0]?.title);
      assert.deepEqual(
        item.author?.map(({ family, literal }) => family ?? literal),
        families,
      );
    }
  });
});
