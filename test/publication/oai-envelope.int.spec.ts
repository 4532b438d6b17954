import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, inflateSync } from 'node:zlib';
import { wait } from '#kernel';
import { MongoConnection } from '#persistence';
import { allNamed } from '#datacite/testing';
import { OaiClient, harvestedIn, type Arguments } from './support/oai-client.js';
import { recordOf, resourceOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const known = 'oai:data.example.org:10.5072/one';
const verbs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Identify: {},
  ListMetadataFormats: {},
  ListSets: {},
  ListIdentifiers: { metadataPrefix: 'oai_dc' },
  ListRecords: { metadataPrefix: 'oai_datacite' },
  GetRecord: { identifier: known, metadataPrefix: 'datacite' },
};

describe('OAI-PMH, transport and verbs', () => {
  let site: PublicSite;
  let oai: OaiClient;

  before(async () => {
    site = await PublicSite.start();
    oai = new OaiClient(site);
    await site.put(recordOf('10.5072/one'), new Date('2026-03-01T10:00:00Z'));
    await site.put(withdrawnOf(recordOf('10.5072/gone')), new Date('2026-03-02T10:00:00Z'));
    const evil = 'x & < > " \' ]]> 😀 שלום \u0001\u0000 \uD800 </dc:title><evil/>';
    const resource = resourceOf('10.5072/evil', { titles: [{ title: evil }] });
    await site.put(recordOf('10.5072/evil', { resource }), new Date('2026-03-03T10:00:00Z'));
  });
  after(() => site.stop());

  const codes = async (given: Arguments): Promise<readonly string[]> => {
    const { errors, root } = await oai.get(given);
    const [, request] = root.children;
    if (errors.some((code) => code === 'badVerb' || code === 'badArgument'))
      assert.deepEqual(request?.attributes, {}, 'T5: no attributes');
    return errors;
  };

  describe('T1, T3, T5: every verb', () => {
    for (const [verb, given] of Object.entries(verbs))
      it(`${verb} says by POST what it says by GET, and repeats its arguments`, async () => {
        const plain = (text: string): string => text.replace(/<responseDate>[^<]*</, '');
        const [got, posted] = [await oai.get({ verb, ...given }), await oai.post({ verb, ...given })];
        assert.equal(plain(got.text), plain(posted.text));
        assert.deepEqual(got.errors, []);
        const [, request] = got.root.children;
        assert.equal(request?.text, 'https://data.example.org/oai');
        assert.deepEqual(request.attributes, { verb, ...given });
        assert.equal(got.root.children[2]?.name, verb);
        assert.match(
          got.root.attributes['xsi:schemaLocation'] ?? '',
          /^http:\/\/www\.openarchives\.org\/OAI\/2\.0\/ \S+OAI-PMH\.xsd$/,
        );
      });
  });

  it('T2, T11: hostile texts stay texts', async () => {
    for (const metadataPrefix of ['oai_dc', 'oai_datacite', 'datacite']) {
      const { root } = await oai.get({ verb: 'ListRecords', metadataPrefix });
      assert.equal(allNamed(root, 'evil').length, 0);
      const titles = allNamed(root, metadataPrefix === 'oai_dc' ? 'dc:title' : 'title').map(
        ({ text }) => text,
      );
      assert.ok(
        titles.some((title) => title.includes('x & < > " \' ]]> 😀 שלום \uFFFD\uFFFD \uFFFD </dc:title>')),
      );
    }
  });

  it('T4: every answer has the time of its own', async () => {
    const times = [];
    for (let index = 0; index < 2; index += 1) {
      times.push((await oai.get({ verb: 'Identify' })).root.children[0]?.text ?? '');
      await wait(1100);
    }
    assert.match(times[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.notEqual(times[0], times[1]);
  });

  it('T6: what is no OAI-PMH has a status', async () => {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    assert.equal((await site.fetch('/oai', json)).status, 415);
    assert.equal((await site.fetch('/oai', { method: 'PUT' })).status, 404);
    const big = { ...json, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    assert.equal((await site.fetch('/oai', { ...big, body: `verb=${'x'.repeat(70_000)}` })).status, 413);
  });

  it('T7: verbs and arguments must be known and alone', async () => {
    for (const given of ['', 'verb=', 'verb=identify', 'verb=toString', 'verb=Identify&verb=Identify', 'x=y'])
      assert.deepEqual(await codes(given), ['badVerb'], given);
    assert.deepEqual(await codes('verb=Identify&x=y'), ['badArgument']);
    assert.deepEqual(await codes('metadataPrefix=oai_dc&verb=ListRecords&metadataPrefix=oai_dc'), [
      'badArgument',
    ]);
    assert.deepEqual(await codes('metadataPrefix=oai_dc&verb=ListRecords'), []);
    assert.deepEqual(
      await codes({ verb: 'GetRecord', ...verbs['GetRecord'], identifier: known.replace('/', '%2F') }),
      ['idDoesNotExist'],
    );
    assert.deepEqual(
      await codes(`verb=GetRecord&metadataPrefix=oai_dc&identifier=${encodeURIComponent(known)}`),
      [],
    );
  });

  it('T8: gzip and deflate are declared, and sent to who asks', async () => {
    const { root } = await oai.get({ verb: 'Identify' }, { 'accept-encoding': 'identity' });
    assert.deepEqual(
      allNamed(root, 'compression').map(({ text }) => text),
      ['gzip', 'deflate'],
    );
    const url = new URL(`${site.url}/oai?verb=ListRecords&metadataPrefix=oai_dc`);
    const sent = async (accept?: string): Promise<[string | null, Buffer]> => {
      const { get } = await import('node:http');
      return new Promise((resolve, reject) => {
        get(url, { headers: accept === undefined ? {} : { 'accept-encoding': accept } }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve([response.headers['content-encoding'] ?? null, Buffer.concat(parts)]),
          );
        }).on('error', reject);
      });
    };
    const [none, plain] = await sent();
    assert.equal(none, null);
    const body = (text: Buffer): string => text.toString().replace(/<responseDate>[^<]*</, '');
    for (const [accept, encoding, unpack] of [
      ['gzip', 'gzip', gunzipSync],
      ['deflate, gzip;q=0.5', 'deflate', inflateSync],
      ['gzip;q=0, br', null, (bytes: Buffer) => bytes],
      ['*', 'gzip', gunzipSync],
      ['identity, gzip;q=0.5', null, (bytes: Buffer) => bytes],
    ] as const) {
      const [got, bytes] = await sent(accept);
      assert.equal(got, encoding, accept);
      assert.equal(body(unpack(bytes)), body(plain), accept);
    }
  });

  it('T10: everything that is wrong is told', async () =>
    assert.deepEqual(
      await codes('verb=ListRecords&from=junk&set=%22&x=1'),
      new Array(4).fill('badArgument'),
    ));

  describe('V1, V10: arguments', () => {
    for (const [query, wanted] of [
      ['verb=Identify&identifier=x', 'badArgument'],
      ['verb=ListMetadataFormats&metadataPrefix=oai_dc', 'badArgument'],
      ['verb=ListSets&junk=1', 'badArgument'],
      ['verb=ListSets&resumptionToken=junk', 'badResumptionToken'],
      ['verb=ListIdentifiers', 'badArgument'],
      ['verb=ListIdentifiers&identifier=x&metadataPrefix=oai_dc', 'badArgument'],
      ['verb=ListIdentifiers&resumptionToken=junk', 'badResumptionToken'],
      ['verb=ListIdentifiers&resumptionToken=', 'badResumptionToken'],
      ['verb=ListIdentifiers&resumptionToken=junk&metadataPrefix=oai_dc', 'badArgument'],
      ['verb=ListRecords&from=2026-01-01&set=openaire_data', 'badArgument'],
      ['verb=ListRecords&resumptionToken=junk&from=2026-01-01', 'badArgument'],
      ['verb=ListRecords&metadataPrefix=a%20b', 'badArgument'],
      ['verb=GetRecord&metadataPrefix=oai_dc', 'badArgument'],
      [`verb=GetRecord&identifier=${known}`, 'badArgument'],
      [`verb=GetRecord&identifier=${known}&metadataPrefix=oai_dc&from=2026-01-01`, 'badArgument'],
      ['verb=GetRecord&identifier=&metadataPrefix=oai_dc', 'badArgument'],
    ] as const)
      it(query, async () => assert.deepEqual(await codes(query), [wanted]));
  });

  it('V2, V3, V4, D6: Identify describes this repository', async () => {
    const { root } = await oai.get({ verb: 'Identify' });
    const text = (name: string): string => allNamed(root, name)[0]?.text ?? '';
    assert.equal(text('baseURL'), 'https://data.example.org/oai');
    assert.equal(text('protocolVersion'), '2.0');
    assert.match(text('adminEmail'), /^\S+@(\S+\.)+\S+$/);
    assert.equal(text('earliestDatestamp'), '2026-03-01T10:00:00Z');
    assert.equal(text('deletedRecord'), 'persistent');
    assert.equal(text('granularity'), 'YYYY-MM-DDThh:mm:ssZ');
    assert.equal(text('repositoryIdentifier'), 'data.example.org');
    const sample = text('sampleIdentifier');
    assert.deepEqual(await codes({ verb: 'GetRecord', identifier: sample, metadataPrefix: 'oai_dc' }), []);
  });

  it('V5, V6: formats are what the records carry', async () => {
    for (const given of ['', `&identifier=${known}`, '&identifier=oai:data.example.org:10.5072/gone']) {
      const { root } = await oai.get(`verb=ListMetadataFormats${given}`);
      const formats = allNamed(root, 'metadataFormat').map(({ children }) =>
        children.map(({ text }) => text),
      );
      assert.deepEqual(
        formats.map(([prefix]) => prefix),
        ['oai_dc', 'oai_datacite', 'datacite'],
      );
      for (const [metadataPrefix = '', schema = '', namespace = ''] of formats) {
        const page = await oai.get({ verb: 'GetRecord', identifier: known, metadataPrefix });
        const [{ metadata } = {}] = harvestedIn(page);
        const prefix = metadata?.name.includes(':') === true ? `:${metadata.name.split(':')[0]}` : '';
        assert.equal(metadata?.attributes[`xmlns${prefix}`], namespace);
        assert.equal(metadata.attributes['xsi:schemaLocation'], `${namespace} ${schema}`);
      }
    }
    for (const identifier of ['oai:data.example.org:10.5072/none', 'junk'])
      assert.deepEqual(await codes({ verb: 'ListMetadataFormats', identifier }), ['idDoesNotExist']);
  });

  it('V7, V9: identifiers and formats that are not there', async () => {
    const get = (identifier: string, metadataPrefix: string) =>
      codes({ verb: 'GetRecord', identifier, metadataPrefix });
    assert.deepEqual(await get(known, 'nosuch'), ['cannotDisseminateFormat']);
    assert.deepEqual(await get('oai:data.example.org:10.5072/none', 'oai_dc'), ['idDoesNotExist']);
    assert.deepEqual(await get('oai:data.example.org:10.5072/ONE', 'oai_dc'), ['idDoesNotExist']);
    assert.deepEqual(await get('oai:other.example.org:10.5072/one', 'oai_dc'), ['idDoesNotExist']);
    assert.deepEqual(await codes({ verb: 'ListRecords', metadataPrefix: 'nosuch' }), [
      'cannotDisseminateFormat',
    ]);
    assert.deepEqual(await codes({ verb: 'ListIdentifiers', metadataPrefix: 'nosuch' }), [
      'cannotDisseminateFormat',
    ]);
    const { root } = await oai.get({ verb: 'GetRecord', identifier: known, metadataPrefix: 'oai_dc' });
    assert.equal(allNamed(root, 'GetRecord')[0]?.children.length, 1);
  });

  it('V8, S3: headers are the same everywhere', async () => {
    const headers = (verb: string) =>
      oai
        .all({ verb, metadataPrefix: 'oai_dc' })
        .then((all) => all.map(({ metadata: _, ...header }) => header));
    const listed = await headers('ListIdentifiers');
    assert.deepEqual(await headers('ListRecords'), listed);
    for (const header of listed) {
      const page = await oai.get({
        verb: 'GetRecord',
        identifier: header.identifier,
        metadataPrefix: 'oai_dc',
      });
      const [{ metadata: _, ...own } = { metadata: undefined }] = harvestedIn(page);
      assert.deepEqual(own, header);
    }
  });

  it('V11: hostile identifiers are not found, and nothing breaks', async () => {
    for (const identifier of [
      '"',
      '<',
      '%00',
      '\u0000',
      '&amp;',
      "' or 1=1",
      '\uFFFF',
      'x'.repeat(10_000),
      '{"$ne":1}',
    ])
      assert.deepEqual(await codes({ verb: 'GetRecord', identifier, metadataPrefix: 'oai_dc' }), [
        'idDoesNotExist',
      ]);
    for (const query of [
      'identifier=%ff%fe',
      'identifier=%zz',
      'identifier[$ne]=x',
      'identifier=oai:data.example.org:%25zz',
    ])
      assert.ok((await codes(`verb=GetRecord&metadataPrefix=oai_dc&${query}`)).length > 0, query);
  });

  it('answers HEAD without a body', async () => {
    const response = await site.fetch('/oai?verb=Identify', { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), '');
  });

  it('has a stylesheet of its own for people', async () => {
    const { text } = await oai.get({ verb: 'Identify' });
    const [, href = ''] = /<\?xml-stylesheet type="text\/xsl" href="([^"]+)"\?>/.exec(text) ?? [];
    const style = await site.fetch(href);
    assert.equal(style.status, 200);
    assert.match(style.headers.get('content-type') ?? '', /xsl/);
    assert.doesNotMatch(await style.text(), /<script|src=/i);
  });
});

describe('OAI-PMH without its database', () => {
  it('T6: asks harvesters to come back', async () => {
    const site = await PublicSite.start();
    await site.put(recordOf('10.5072/one'));
    const mongo = site.get(MongoConnection);
    await mongo.connection.dropDatabase();
    await mongo.connection.close();
    const response = await site.fetch('/oai?verb=ListRecords&metadataPrefix=oai_dc');
    assert.equal(response.status, 503);
    assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
    await site.stop(true);
  });
});
