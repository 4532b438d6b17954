import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { datasetOf, recordOf, resourceOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const techniques = ['x-ray diffraction', 'neutron diffraction'];

describe('The list of publications', () => {
  let site: PublicSite;

  before(async () => {
    site = await PublicSite.start();
    for (let index = 0; index < 45; index += 1) {
      const doi = `10.5072/many/${index}`;
      await site.put(
        recordOf(doi, {
          publishedAt: new Date(Date.UTC(2024, 0, 1 + index)).toISOString(),
          resource: resourceOf(doi, {
            publicationYear: 2020 + (index % 3),
            titles: [{ title: `Sample ${index} of ${index % 2 === 0 ? 'perovskite' : 'graphene'}` }],
            ...(index === 7 ? { creators: [{ name: 'Curie, Marie' }] } : {}),
          }),
          datasets: [datasetOf({ techniques: [{ name: techniques[index % 2] as string }] })],
        }),
        new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
      );
    }
    const gone = recordOf('10.5072/gone', {
      resource: resourceOf('10.5072/gone', { titles: [{ title: 'Secret perovskite' }] }),
    });
    await site.put(withdrawnOf(gone));
  });
  after(() => site.stop());

  const titles = async (address: string): Promise<string[]> => {
    const text = await (await site.fetch(address, { headers: { accept: 'text/html' } })).text();
    return [...text.matchAll(/<h3>\s*<a[^>]*>\s*<bdi>([^<]*)/g)].map(([, title = '']) => title);
  };
  const json = async (address: string) =>
    (await (await site.fetch(address, { headers: { accept: 'application/json' } })).json()) as {
      total: number;
      facets: Record<string, { value: string; count: number }[]>;
      publications: { title: string; doi: string; url: string }[];
    };

  it('starts with the newest, and is paged', async () => {
    const first = await titles('/');
    const [second, third] = [await titles('/?page=2'), await titles('/?page=3')];
    assert.equal(first[0], 'Sample 44 of perovskite');
    assert.deepEqual([first.length, second.length, third.length], [20, 20, 5]);
    assert.equal(new Set([...first, ...second, ...third]).size, 45);
    assert.deepEqual(await titles('/?page=4'), []);
  });

  it('finds words, all of them, and phrases', async () => {
    assert.equal((await json('/?q=perovskite')).total, 23);
    assert.equal((await json('/?q=Perovskite')).total, 23, 'whatever their case');
    assert.equal((await json('/?q=graphene+perovskite')).total, 0);
    assert.deepEqual(await titles('/?q=curie'), ['Sample 7 of graphene']);
    assert.deepEqual(await titles('/?q=%22sample+8+of%22'), ['Sample 8 of perovskite']);
  });

  it('counts and filters by facets', async () => {
    const { total, facets } = await json('/');
    assert.equal(total, 45);
    assert.deepEqual(facets['year'], [
      { value: '2022', count: 15 },
      { value: '2021', count: 15 },
      { value: '2020', count: 15 },
    ]);
    assert.deepEqual(facets['technique'], [
      { value: 'x-ray diffraction', count: 23 },
      { value: 'neutron diffraction', count: 22 },
    ]);
    assert.deepEqual(facets['creator']?.at(-1), { value: 'Curie, Marie', count: 1 });
    assert.deepEqual(facets['instrument'], [{ value: 'TOMCAT', count: 45 }]);
    assert.deepEqual(facets['licence'], [{ value: 'cc-by-4.0', count: 45 }]);
    const some = await json('/?year=2021&technique=neutron+diffraction&q=graphene');
    assert.ok(some.total > 0 && some.total < 15);
    assert.equal((await json('/?instrument=nosuch')).total, 0);
  });

  it('takes the DOI of a publication for its page', async () => {
    for (const words of ['10.5072/MANY/3', 'https://doi.org/10.5072/many/3', 'doi:10.5072/many/3']) {
      const { status, headers } = await site.fetch(`/?q=${encodeURIComponent(words)}`);
      assert.deepEqual([status, headers.get('location')], [302, '/doi/10.5072/many/3'], words);
    }
  });

  it('survives whatever is asked', async () => {
    for (const query of [
      'q=%22',
      'q=-perovskite',
      'q=$where',
      'q=%00%01',
      `q=${'a+'.repeat(5000)}`,
      'q=%5C%22%5C',
      'page=-1',
      'page=1e9',
      'page=x',
      'year=abc',
      'year=%5B%5D',
      'type[$ne]=x',
      'creator=%24gt',
      'keyword=__proto__',
      'lang=xx',
      'q=%F0%9F%98%80',
    ]) {
      const answer = await site.fetch(`/?${query}`, { headers: { accept: 'text/html' } });
      assert.equal(answer.status, 200, query);
      assert.match(await answer.text(), /<\/html>\s*$/, query);
    }
  });

  it('has a feed, for each search too', async () => {
    const feed = await site.fetch('/feed.atom');
    const text = await feed.text();
    assert.match(feed.headers.get('content-type') ?? '', /^application\/atom\+xml/);
    assert.equal(text.match(/<entry>/g)?.length, 45);
    assert.match(text, /<id>https:\/\/data\.example\.org\/doi\/10\.5072\/many\/44<\/id>/);
    assert.doesNotMatch(text, /Secret/);
    const none = await (await site.fetch('/feed.atom?q=nobodywrotethis')).text();
    assert.doesNotMatch(none, /<entry>|1970/);
    assert.match(none, /<updated>20\d\d-/);
    const some = await (await site.fetch('/feed.atom?q=curie')).text();
    assert.equal(some.match(/<entry>/g)?.length, 1);
    assert.match(some, /rel="self"[^>]*feed\.atom\?q=curie"/);
  });

  it('has a sitemap of every live publication, dated as harvesters see it (27)', async () => {
    const text = await (await site.fetch('/sitemap.xml')).text();
    const urls = [...text.matchAll(/<loc>([^<]*)<\/loc><lastmod>([^<]*)<\/lastmod>/g)];
    assert.equal(urls.length, 45);
    assert.equal(new Set(urls.map(([, url]) => url)).size, 45);
    assert.ok(!text.includes('gone'));
    const [, , date] = urls.find(([, url]) => url === 'https://data.example.org/doi/10.5072/many/9') ?? [];
    assert.equal(date, '2026-01-01T00:00:09Z');
    const robots = await (await site.fetch('/robots.txt')).text();
    assert.match(robots, /^Sitemap: https:\/\/data\.example\.org\/sitemap\.xml$/m);
    assert.doesNotMatch(robots, /^Disallow: \/doi/m);
    assert.equal((await site.fetch('/sitemap-0.xml')).status, 404);
  });
});

describe('The sitemap of very many publications', () => {
  let site: PublicSite;
  const count = 56_000;

  before(async () => {
    site = await PublicSite.start();
    await site.put(recordOf('10.5072/x'));
    const one = await site.store.records.findOne({ _id: '10.5072/x' });
    assert.ok(one !== null);
    const { renderings: _, search: __, ...rest } = one;
    for (let first = 1; first < count; first += 5000)
      await site.store.records.insertMany(
        Array.from({ length: Math.min(5000, count - first) }, (___, index) => {
          const doi = `10.5072/y${first + index}`;
          const publishedAt = `${first < 5000 ? '2024' : '2025'}-0${1 + (index % 9)}-01T00:00:00.000Z`;
          return { ...rest, _id: doi, record: { doi, publishedAt } };
        }) as never[],
      );
  });
  after(() => site.stop());

  it('is an index of parts that have all of them once', async () => {
    const index = await (await site.fetch('/sitemap.xml')).text();
    const parts = [...index.matchAll(/<loc>https:\/\/data\.example\.org([^<]*)<\/loc>/g)].map(
      ([, path = '']) => path,
    );
    const months = Array.from({ length: 9 }, (_, index) => `/sitemap-20250${index + 1}.xml`);
    assert.deepEqual(parts, ['/sitemap-2024.xml', ...months, '/sitemap-2026.xml'], 'a full year is divided');
    const urls: string[] = [];
    for (const part of parts)
      urls.push(
        ...[...(await (await site.fetch(part)).text()).matchAll(/<loc>([^<]*)/g)].map(([, url = '']) => url),
      );
    assert.equal(urls.length, count);
    assert.equal(new Set(urls).size, count);
  });
});
