import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allNamed } from '#datacite/testing';
import { OaiClient, harvestedIn, tokenIn, type OaiPage } from './support/oai-client.js';
import { recordOf, resourceOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const start = Date.UTC(2026, 2, 1, 10);
const at = (seconds: number): Date => new Date(start + seconds * 1000);
const doiOf = (index: number): string => `10.5072/h${String(index).padStart(3, '0')}`;
const identifierOf = (index: number): string => `oai:data.example.org:${doiOf(index)}`;
/** Fifty records within one second, then gaps that grow: seconds, hours, months. */
const secondOf = (index: number): number => (index < 50 ? 0 : Math.round(1.17 ** (index - 50)));
const count = 130;

describe('OAI-PMH, selective harvesting', () => {
  let site: PublicSite;
  let oai: OaiClient;
  const environment = { OAI_PAGE_SIZE: '20' };

  before(async () => {
    site = await PublicSite.start(environment);
    oai = new OaiClient(site);
    for (let index = 0; index < count; index += 1) {
      const record = recordOf(doiOf(index));
      const own = index % 10 === 9 ? withdrawnOf(record) : record;
      await site.put(own, at(secondOf(index)));
    }
  });
  after(() => site.stop());

  const codes = async (given: Readonly<Record<string, string>>) =>
    (await oai.get({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc', ...given })).errors;
  const listed = async (given: Readonly<Record<string, string>> = {}) =>
    (await oai.all({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc', ...given })).map(
      ({ identifier }) => identifier,
    );
  const between = (from: Date, before_: Date): string[] =>
    Array.from({ length: count }, (_, index) => index)
      .filter((index) => at(secondOf(index)) >= from && at(secondOf(index)) < before_)
      .map(identifierOf);
  const everything = between(new Date(0), new Date(8e15));

  it('D2: days and seconds are taken, and a day is a whole day', async () => {
    assert.deepEqual(
      await listed({ from: '2026-03-01', until: '2026-03-01' }),
      between(new Date('2026-03-01'), new Date('2026-03-02')),
    );
    assert.deepEqual(
      await listed({ from: '2026-03-01T10:00:03Z', until: '2026-03-01T10:01:00Z' }),
      between(at(3), at(61)),
    );
  });

  it('D3: other dates are refused', async () => {
    for (const from of [
      ...[
        'junk',
        '',
        '2016-01-00',
        '2026-02-29',
        '2026-13-01',
        '2026-1-1',
        '2026',
        '2026-03',
        '2026-03-01T10:00Z',
      ],
      ...[
        '2026-03-01T10:00:00.000Z',
        '2026-03-01T10:00:00',
        '2026-03-01T24:00:00Z',
        '2026-03-01T10:00:00+01:00',
      ],
    ])
      for (const name of ['from', 'until'])
        assert.deepEqual(await codes({ [name]: from }), ['badArgument'], from);
    assert.deepEqual(await codes({ from: '2026-03-01', until: '2026-03-02T00:00:00Z' }), ['badArgument']);
  });

  it('D4: bounds are inclusive, each may stand alone, and must not cross', async () => {
    const first = '2026-03-01T10:00:00Z';
    assert.deepEqual(await listed({ from: first, until: first }), between(at(0), at(1)));
    assert.deepEqual(await listed({ until: first }), between(at(0), at(1)));
    assert.deepEqual(await listed({ from: '2026-03-02' }), between(new Date('2026-03-02'), new Date(8e15)));
    assert.deepEqual(await codes({ from: '2026-03-02', until: '2026-03-01' }), ['badArgument']);
  });

  it('D5: before everything there is nothing', async () => {
    assert.deepEqual(await codes({ until: '2026-02-28' }), ['noRecordsMatch']);
    assert.deepEqual(await codes({ from: '2999-01-01' }), ['noRecordsMatch']);
    assert.deepEqual(await listed({ from: '0001-01-01' }), everything);
  });

  it('R1, R2: pages are the list, the last one has an empty token, a short list has none', async () => {
    for (const metadataPrefix of ['oai_dc', 'oai_datacite', 'datacite']) {
      const pages: OaiPage[] = [];
      for await (const page of oai.pages({ verb: 'ListRecords', metadataPrefix })) pages.push(page);
      assert.deepEqual(
        pages.map((page) => harvestedIn(page).length),
        [20, 20, 20, 20, 20, 20, 10],
      );
      assert.deepEqual(
        pages.flatMap(harvestedIn).map(({ identifier }) => identifier),
        everything,
      );
      assert.equal(tokenIn(pages.at(-1)!), '');
    }
    const short = await oai.get({
      verb: 'ListIdentifiers',
      metadataPrefix: 'oai_dc',
      until: '2026-03-01T10:00:00Z',
    });
    assert.equal(harvestedIn(short).length, 20);
    const exactly = await oai.get({
      verb: 'ListIdentifiers',
      metadataPrefix: 'oai_dc',
      from: '2026-03-01T10:00:01Z',
      until: '2026-03-01T10:00:02Z',
    });
    assert.ok(harvestedIn(exactly).length < 20);
    assert.equal(tokenIn(exactly), undefined);
  });

  it('R2: a list of exactly two pages has two', async () => {
    const until = at(secondOf(39 + 50));
    const all: OaiPage[] = [];
    for await (const page of oai.pages({
      verb: 'ListIdentifiers',
      metadataPrefix: 'oai_dc',
      from: '2026-03-01T10:00:01Z',
      until: `${until.toISOString().slice(0, 19)}Z`,
    }))
      all.push(page);
    const wanted = between(at(1), new Date(until.getTime() + 1000)).length;
    assert.equal(all.flatMap(harvestedIn).length, wanted);
    assert.equal(all.length, Math.ceil(wanted / 20));
  });

  it('R3, R7: a token sent again brings the same page, after a restart too', async (t) => {
    const first = await oai.get({ verb: 'ListRecords', metadataPrefix: 'oai_dc' });
    const again = { verb: 'ListRecords', resumptionToken: tokenIn(first) ?? '' };
    const plain = ({ text }: OaiPage): string => text.replace(/<responseDate>[^<]*</, '');
    const page = plain(await oai.get(again));
    assert.equal(plain(await oai.get(again)), page);
    const other = await PublicSite.start(environment, site.database);
    t.after(() => other.stop(true));
    assert.equal(plain(await new OaiClient(other).get(again)), page);
  });

  it('R4: tokens that were not made here, or not for this, are refused', async (t) => {
    const page = await oai.get({ verb: 'ListRecords', metadataPrefix: 'oai_dc' });
    const token = tokenIn(page) ?? '';
    const codesOf = async (verb: string, resumptionToken: string) =>
      (await oai.get({ verb, resumptionToken })).errors;
    assert.deepEqual(await codesOf('ListRecords', token), []);
    assert.deepEqual(await codesOf('ListIdentifiers', token), ['badResumptionToken']);
    assert.deepEqual(await codesOf('ListSets', token), ['badResumptionToken']);
    const changed = [
      token.slice(0, -1),
      `${token}x`,
      `x${token}`,
      token.replace('.', ''),
      token.toUpperCase(),
      '.',
    ];
    const flipped = `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`;
    for (const wrong of [...changed, flipped, 'junk', '{}', 'x'.repeat(5000)])
      assert.deepEqual(await codesOf('ListRecords', wrong), ['badResumptionToken']);
    const foreign = await PublicSite.start(
      { ...environment, PUSH_SECRET: 'another secret of at least 32 letters' },
      site.database,
    );
    t.after(() => foreign.stop(true));
    const [request] = [{ verb: 'ListRecords', resumptionToken: token }];
    assert.deepEqual((await new OaiClient(foreign).get(request)).errors, ['badResumptionToken']);
  });

  it('R5: what changes between pages loses nothing that stays', async (t) => {
    const own = await PublicSite.start(environment);
    t.after(() => own.stop());
    const client = new OaiClient(own);
    for (let index = 0; index < 100; index += 1) await own.put(recordOf(doiOf(index)), at(index));
    const seen = new Map<string, string>();
    let step = 0;
    let asked: Record<string, string> = { verb: 'ListRecords', metadataPrefix: 'oai_dc' };
    for (;;) {
      const page = await client.get(asked);
      for (const { identifier, datestamp } of harvestedIn(page)) seen.set(identifier, datestamp);
      const token = tokenIn(page) ?? '';
      if (token === '') break;
      asked = { verb: 'ListRecords', resumptionToken: token };
      // One before and one behind the reader moves to the end, one is new, and the last one sent is withdrawn.
      if (step < 4) {
        await own.put({ ...recordOf(doiOf(step)), revision: 2 }, at(200 + step));
        await own.put({ ...recordOf(doiOf(90 + step)), revision: 2 }, at(200 + step));
        await own.put(recordOf(doiOf(500 + step)), at(200 + step));
        await own.put(withdrawnOf(recordOf(doiOf(20 * step + 19))), at(300 + step));
        step += 1;
      }
    }
    assert.equal(seen.size, 104);
    assert.equal(step, 4);
    for (const { _id, datestamp } of await own.store.records.find({}).toArray())
      assert.equal(seen.get(`oai:data.example.org:${_id}`), `${datestamp.toISOString().slice(0, 19)}Z`, _id);
  });

  it('R6: tokens tell where they are, of how many, and until when', async () => {
    const cursors: string[] = [];
    for await (const { root } of oai.pages({
      verb: 'ListIdentifiers',
      metadataPrefix: 'oai_dc',
      set: 'openaire_data',
    })) {
      const [{ attributes } = { attributes: {} as Record<string, string> }] = allNamed(
        root,
        'resumptionToken',
      );
      cursors.push(attributes['cursor'] ?? '');
      assert.equal(attributes['completeListSize'], String(count));
      if (cursors.length < 7)
        assert.ok(Date.parse(attributes['expirationDate'] ?? '') - Date.now() > 24 * 3600 * 1000);
    }
    assert.deepEqual(cursors, ['0', '20', '40', '60', '80', '100', '120']);
  });

  it('R9: long lists of sets are split as well', async (t) => {
    const own = await PublicSite.start();
    t.after(() => own.stop());
    const client = new OaiClient(own);
    const names = Array.from({ length: 2500 }, (_, index) => `instrument:i${index}`);
    await own.put(recordOf('10.5072/one'));
    await own.store.records.updateOne({ _id: '10.5072/one' }, { $set: { sets: names } });
    const specs: string[] = [];
    const sizes: number[] = [];
    for await (const { root } of client.pages({ verb: 'ListSets' })) {
      const page = allNamed(root, 'setSpec').map(({ text }) => text);
      sizes.push(page.length);
      specs.push(...page);
    }
    assert.deepEqual(sizes, [1000, 1000, 502]);
    assert.equal(new Set(specs).size, 2502);
  });

  it('D7, D9: a change moves its record to the end, and nothing else', async () => {
    const record = recordOf('10.5072/moving', { resource: resourceOf('10.5072/moving', { language: 'de' }) });
    await site.put(record, new Date('2030-01-01T00:00:00Z'));
    assert.deepEqual(await listed({ from: '2029-12-31' }), ['oai:data.example.org:10.5072/moving']);
    await site.put({ ...record, revision: 2 }, new Date('2030-02-01T00:00:00Z'));
    assert.deepEqual(await codes({ from: '2030-01-01', until: '2030-01-31' }), ['noRecordsMatch']);
    assert.deepEqual(await listed({ from: '2030-02-01' }), ['oai:data.example.org:10.5072/moving']);
    await site.store.records.deleteOne({ _id: '10.5072/moving' });
  });
});
