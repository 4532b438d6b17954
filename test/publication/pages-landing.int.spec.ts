import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import LinkHeader from 'http-link-header';
import { Upkeep } from '../../apps/publication-server/src/ingest/upkeep.js';
import { VisitCounter } from '../../apps/publication-server/src/landing/visit-counter.js';
import { fileLine, recordOf, resourceOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const doi = '10.5072/Abc.1';
const path = `/doi/${doi}`;
const asPage = { headers: { accept: 'text/html' } };
const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** publication.md, section 6, checks 22, 24 and 26. */
describe('The landing page', () => {
  let site: PublicSite;

  before(async () => {
    site = await PublicSite.start();
    const picture = { name: 'a.png', mediaType: 'image/png' as const, caption: 'A dot', base64: dot };
    const files = [
      fileLine('raw/a b#1.h5', { archiveId: 'one', member: 'a' }),
      fileLine('list.csv', { archiveId: 'two', member: 'b' }),
    ];
    await site.put(recordOf(doi, { pictures: [picture] }), new Date('2026-05-01T10:00:00Z'), files);
  });
  after(() => site.stop());

  const page = async (address = path, init: RequestInit = asPage): Promise<string> =>
    (await site.fetch(address, init)).text();
  const copies = (...ids: string[]): Promise<unknown> =>
    site.store.copies.insertMany(
      ids.map((_id) => ({
        ...{ _id, archiveId: _id, members: 1, url: 'https://s3.example.org/x', size: 1, sha256: 'a' },
        expiresAt: new Date(Date.now() + 1e8),
      })),
    );

  it('shows everything without script (22)', async () => {
    const text = await page();
    for (const part of [
      '<title>Diffraction of a rare crystal – Open Data</title>',
      ...['Ada Lovelace', 'Heinz Müller-Lüdenscheidt', 'The Beamline Team', 'Charles Babbage'],
      ...['href="https://orcid.org/0000-0002-1825-0097"', 'href="https://ror.org/03eh3y714"'],
      'We looked at a rare crystal with hard X-rays',
      '<a href="https://doi.org/10.5072/Abc.1">https://doi.org/10.5072/Abc.1</a>',
      ...['href="https://creativecommons.org/licenses/by/4.0/"', 'CC-BY-4.0', 'Paul Scherrer Institute'],
      ...['Swiss National Science Foundation', '200021', 'TOMCAT', 'x-ray diffraction', 'A crystal'],
      ...['Rare crystals', '20.500.12345/abc', 'Run 42', 'Supplement to', 'https://doi.org/10.1234/paper'],
      ...['class="text apa"', 'class="text chicago"', 'class="text harvard"', 'class="text vancouver"'],
      ...['/export/bibtex"', '/export/ris"', '/export/datacite-xml"', '/export/dcat"', '/linkset.json"'],
      ...['name="citation_title"', 'name="citation_author"', 'name="citation_doi"', 'name="DC.creator"'],
      ...['property="og:title"', '<link rel="canonical" href="https://data.example.org/doi/10.5072/Abc.1"'],
      ...['/pictures/a.png"', 'alt="A dot"', 'a b#1.h5', 'sha256', 'verb=GetRecord', '<html lang="en">'],
    ])
      assert.ok(text.includes(part), `expected ${part}`);
  });

  it('has JSON-LD in the first answer, allowed by its policy (22)', async () => {
    const answer = await site.fetch(path, asPage);
    const [, json = ''] =
      /<script type="application\/ld\+json">([^<]*)<\/script>/.exec(await answer.text()) ?? [];
    const { name, creator, license, distribution } = JSON.parse(json) as Record<string, unknown[]>;
    assert.equal(name, 'Diffraction of a rare crystal');
    assert.equal(creator?.length, 3);
    assert.equal(license, 'https://creativecommons.org/licenses/by/4.0/');
    assert.equal(distribution?.length, 4);
    const policy = answer.headers.get('content-security-policy') ?? '';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json));
    assert.ok(policy.includes(`'sha256-${Buffer.from(digest).toString('base64')}'`));
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(answer.headers.get('set-cookie'), null);
  });

  it('has one address, whatever way a DOI is written (24)', async () => {
    await site.put(recordOf('10.5072/Deep/er/One(x);y'));
    const canonical = '/doi/10.5072/Deep/er/One(x)%3By';
    assert.equal((await site.fetch(canonical, asPage)).status, 200);
    for (const other of [
      '/doi/10.5072/deep/er/one(x);y',
      '/doi/10.5072%2FDeep%2Fer%2FOne(x)%3By',
      '/doi/10.5072/DEEP/ER/ONE(X)%3bY',
      '/doi/doi:10.5072/Deep/er/One(x)%3By',
      '/doi/10.5072/Deep/er/One(x)%3By/',
    ]) {
      const { status, headers } = await site.fetch(`${other}?lang=de`, asPage);
      assert.deepEqual([status, headers.get('location')], [301, `${canonical}?lang=de`], other);
    }
  });

  it('keeps a DOI that ends like a part of another one', async () => {
    await site.put(recordOf('10.5072/Abc.1/export/ris'));
    assert.match(await page(`${path}/export/ris`), /<h1/);
    await site.store.records.deleteOne({ _id: '10.5072/abc.1/export/ris' });
    assert.match(await page(`${path}/export/ris`), /^TY {2}- DATA/);
  });

  it('is signposted (26)', async () => {
    const answer = await site.fetch(path, { method: 'HEAD', ...asPage });
    const links = LinkHeader.parse(answer.headers.get('link') ?? '');
    assert.equal(links.rel('cite-as').length, 1);
    assert.equal(links.rel('license').length, 1);
    assert.equal(links.rel('item').length, 2);
    for (const { uri, type } of links.refs.filter(({ rel }) => rel === 'describedby' || rel === 'linkset')) {
      const target = await site.fetch(uri.slice(PublicSite.publicUrl.length), { headers: { accept: '*/*' } });
      assert.equal(target.status, 200, uri);
      assert.equal(target.headers.get('content-type')?.split(';')[0], type, uri);
      const back = LinkHeader.parse(target.headers.get('link') ?? '');
      assert.deepEqual(
        back.rel('describes').map((link) => link.uri),
        [PublicSite.publicUrl + path],
        uri,
      );
      await target.arrayBuffer();
    }
  });

  it('answers HEAD as GET, and nothing when nothing changed', async () => {
    const got = await site.fetch(path, asPage);
    const length = Buffer.byteLength(await got.text());
    const head = await site.fetch(path, { method: 'HEAD', ...asPage });
    assert.equal(Number(head.headers.get('content-length')), length);
    for (const name of ['etag', 'last-modified', 'link', 'vary', 'content-type', 'content-security-policy'])
      assert.equal(head.headers.get(name), got.headers.get(name), name);
    const tag = got.headers.get('etag') ?? '';
    const known = (more: Record<string, string>): Promise<Response> =>
      site.fetch(path, { headers: { ...asPage.headers, 'if-none-match': tag, ...more } });
    assert.equal((await known({})).status, 304);
    assert.equal((await known({ 'accept-language': 'de' })).status, 200, 'another language is another page');
  });

  it('speaks the language of its reader', async () => {
    assert.match(
      await page(path, { headers: { ...asPage.headers, 'accept-language': 'de-CH' } }),
      /Zitieren als/,
    );
    const chosen = await page(`${path}?lang=de`, { headers: { ...asPage.headers, 'accept-language': 'en' } });
    assert.match(chosen, /<html lang="de">/);
    assert.match(chosen, /href="\/about\?lang=de"/, 'links keep the language that was chosen');
    assert.match(chosen, /3\. Februar 2026/);
  });

  it('offers downloads when all copies are there, else a request', async () => {
    assert.match(await page(), /href="\/doi\/10\.5072\/Abc\.1\/request"/);
    await copies('one');
    const before = await site.fetch(path, asPage);
    assert.doesNotMatch(await before.text(), /href="[^"]*archive\.zip"/);
    await copies('two');
    const now = await site.fetch(path, asPage);
    const text = await now.text();
    assert.match(text, /href="\/doi\/10\.5072\/Abc\.1\/archive\.zip"/);
    assert.match(text, /href="\/doi\/10\.5072\/Abc\.1\/files\/raw\/a%20b%231\.h5"/);
    assert.notEqual(now.headers.get('etag'), before.headers.get('etag'));
  });

  it('hides files under embargo, by the clock', async () => {
    const until = { embargoUntil: new Date(Date.now() + 1e9).toISOString() };
    await site.put(recordOf('10.5072/later', until), new Date(), [
      fileLine('secret.h5', { archiveId: 'one' }),
    ]);
    const text = await page('/doi/10.5072/later');
    assert.match(text, /Under embargo/);
    assert.doesNotMatch(text, /secret\.h5|href="[^"]*archive\.zip"/);
    assert.doesNotMatch(await page('/doi/10.5072/later/linkset.json', {}), /secret/);
    assert.doesNotMatch(await page('/doi/10.5072/later/export/json', {}), /archive\.zip/);
    assert.equal((await site.fetch('/doi/10.5072/later/files')).status, 404);
    const past = { embargoUntil: new Date(Date.now() - 1000).toISOString() };
    await site.put(recordOf('10.5072/past', past), new Date(), [fileLine('open.h5', { archiveId: 'one' })]);
    assert.match(await page('/doi/10.5072/past'), /open\.h5/);
  });

  it('hides files until the moment that the metadata name, though the catalogue counted by days once', async () => {
    const hour = 3_600_000;
    const dates = [{ date: new Date(Date.now() + hour).toISOString(), dateType: 'Available' as const }];
    const counted = recordOf('10.5072/hours', { embargoUntil: new Date(Date.now() - hour).toISOString() });
    const record = { ...counted, resource: { ...counted.resource, dates } };
    await site.put(record, new Date(), [fileLine('secret.h5', { archiveId: 'one' })]);
    const text = await page('/doi/10.5072/hours');
    assert.match(text, /Under embargo/);
    assert.doesNotMatch(text, /secret\.h5|href="[^"]*archive\.zip"/);
    assert.equal((await site.fetch('/doi/10.5072/hours/files/secret.h5')).status, 403);
    // The sweep renders it again, as one that is closed.
    await site.store.records.updateOne({ _id: '10.5072/hours' }, { $set: { embargoUntil: new Date(0) } });
    await site.getPrivate(Upkeep).round();
    const stored = await site.store.records.findOne({ _id: '10.5072/hours' });
    assert.ok(stored?.sets.includes('access:embargoed'));
    assert.equal(stored?.embargoUntil?.toISOString(), dates[0]!.date);
  });

  it('does not send readers to doi.org before it knows the DOI', async () => {
    await site.put(recordOf('10.5072/new', { registered: false }));
    const answer = await site.fetch('/doi/10.5072/new', asPage);
    const text = await answer.text();
    assert.match(text, /not registered yet/);
    assert.doesNotMatch(text, /href="https:\/\/doi\.org\/10\.5072\/new"/);
    const [cite] = LinkHeader.parse(answer.headers.get('link') ?? '').rel('cite-as');
    assert.equal(cite?.uri, 'https://data.example.org/doi/10.5072/new');
  });

  it('knows its versions, also when only one side tells', async () => {
    const version = (name: string, year: string, relationType: string, other: string): Promise<void> =>
      site.put(
        recordOf(`10.5072/${name}`, {
          publishedAt: `${year}-01-01T00:00:00.000Z`,
          resource: resourceOf(`10.5072/${name}`, {
            version: name,
            relatedIdentifiers: [{ relatedIdentifier: other, relatedIdentifierType: 'DOI', relationType }],
          }),
        }),
      );
    await version('v1', '2023', 'IsCitedBy', '10.1/x');
    await version('v2', '2024', 'IsNewVersionOf', 'https://doi.org/10.5072/V1');
    await version('v3', '2025', 'IsNewVersionOf', '10.5072/v2');
    const oldest = await page('/doi/10.5072/v1');
    assert.match(oldest, /There is a newer version[\s\S]*href="\/doi\/10\.5072\/v3"/);
    const newest = await page('/doi/10.5072/v3');
    assert.doesNotMatch(newest, /There is a newer version/);
    for (const text of [oldest, newest])
      assert.deepEqual(
        [...(/id="versions"[\s\S]*?<\/ol>/.exec(text)?.[0] ?? '').matchAll(/Version (v\d)/g)].map(
          ([, name]) => name,
        ),
        ['v3', 'v2', 'v1'],
      );
  });

  it('shows what others say of it, turned around', async () => {
    const related = { relatedIdentifier: doi, relatedIdentifierType: 'DOI', relationType: 'IsDerivedFrom' };
    const resource = resourceOf('10.5072/child', {
      titles: [{ title: 'A child' }],
      relatedIdentifiers: [related],
    });
    await site.put(recordOf('10.5072/child', { resource }));
    assert.match(await page(), /Source of<\/dt>[^]{0,80}href="\/doi\/10\.5072\/child"[^]{0,40}A child/);
  });

  it('leaves a tombstone (24)', async () => {
    await site.put(recordOf('10.5072/gone'));
    await site.put(withdrawnOf(recordOf('10.5072/gone'), { replacedBy: doi }));
    const answer = await site.fetch('/doi/10.5072/gone', asPage);
    const text = await answer.text();
    assert.equal(answer.status, 410);
    for (const part of [
      'The detector was calibrated wrongly.',
      '4 March 2026',
      'Lovelace, A.',
      '/doi/10.5072/abc.1',
    ])
      assert.ok(text.includes(part), part);
    const json = await site.fetch('/doi/10.5072/gone', { headers: { accept: 'application/json' } });
    assert.equal(json.status, 410);
    assert.equal(((await json.json()) as { reason: string }).reason, 'The detector was calibrated wrongly.');
    for (const part of ['export/bibtex', 'files', 'request', 'linkset.json'])
      assert.equal((await site.fetch(`/doi/10.5072/gone/${part}`)).status, 410, part);
  });

  it('pages through a hundred thousand files', async () => {
    const many = Array.from({ length: 100_000 }, (_, index) =>
      fileLine(`d/${String(index).padStart(6, '0')}.tif`),
    );
    await site.put(recordOf('10.5072/many'), new Date(), many);
    assert.match(await page('/doi/10.5072/many'), /All 100,000 files/);
    const last = await page('/doi/10.5072/many/files?page=400');
    assert.match(last, /Files 99,751 to 100,000 of 100,000/);
    assert.match(last, /099999\.tif/);
    assert.equal((await site.fetch('/doi/10.5072/many/files?page=401')).status, 404);
    assert.equal((await site.fetch('/doi/10.5072/many/files?page=x')).status, 404);
    const { linkset } = (await (await site.fetch('/doi/10.5072/many/linkset.json')).json()) as {
      linkset: { item: unknown[] }[];
    };
    assert.equal(linkset[0]?.item.length, 100_000);
  });

  it('serves its pictures, and only those', async () => {
    const picture = await site.fetch(`${path}/pictures/a.png`);
    assert.equal(picture.headers.get('content-type'), 'image/png');
    assert.deepEqual(Buffer.from(await picture.arrayBuffer()), Buffer.from(dot, 'base64'));
    assert.equal((await site.fetch(`${path}/pictures/b.png`)).status, 404);
    assert.equal((await site.fetch(`${path}/pictures/..%2f..%2fa.png`)).status, 404);
  });

  it('counts views of people, once for a moment', async () => {
    const visit = (agent: string, method = 'GET'): Promise<unknown> =>
      page(path, { method, headers: { ...asPage.headers, 'user-agent': agent } });
    await visit(person);
    await visit(person);
    await visit(`${person} other`);
    await visit('Googlebot/2.1');
    await visit('');
    await visit(`${person} head`, 'HEAD');
    await site.get(VisitCounter).write();
    const usage = await site.store.usage.findOne({ _id: doi.toLowerCase() });
    assert.deepEqual([usage?.views, usage?.downloads], [2, 0]);
    assert.match(await page(), /<strong>2<\/strong>views/);
  });
});
