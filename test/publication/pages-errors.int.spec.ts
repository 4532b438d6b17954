import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPublicationServer } from '../../apps/publication-server/src/create-publication-server.js';
import { publicationServerConfigFrom } from '../../apps/publication-server/src/publication-server.config.js';
import { fileLine, recordOf, resourceOf } from './support/public-records.js';
import { PublicSite, pushSecret } from './support/public-site.js';

const page = { headers: { accept: 'text/html' } };
const json = { headers: { accept: 'application/json' } };

describe('Errors of the public port', () => {
  let site: PublicSite;

  before(async () => {
    site = await PublicSite.start();
    await site.put(recordOf('10.5072/a'));
  });
  after(() => site.stop());

  for (const path of [
    '/doi/10.5072/unknown',
    '/doi/',
    '/doi/x',
    '/doi/10.5072/a/export/nosuch',
    '/doi/10.5072/a/pictures/x',
    '/assets/nosuch.css',
    '/nosuch',
    '/requests/nosuch',
    '/doi/10.5072/..%2f..%2fetc%2fpasswd',
  ])
    it(`are a page or JSON with 404 for ${path} (24)`, async () => {
      const shown = await site.fetch(path, page);
      assert.equal(shown.status, 404);
      assert.match(shown.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(await shown.text(), /<h1>Nothing here<\/h1>/);
      const told = await site.fetch(path, json);
      assert.equal(told.status, 404);
      assert.deepEqual(await told.json(), { status: 404, error: 'Nothing here' });
    });

  it('speak German', async () => {
    const answer = await site.fetch('/nosuch', { headers: { ...page.headers, 'accept-language': 'de' } });
    assert.match(await answer.text(), /<h1>Hier ist nichts<\/h1>/);
  });

  it('never tell how the server is made', async () => {
    for (const init of [
      {
        method: 'POST',
        body: 'x'.repeat(100_000),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      { method: 'POST', body: 'x', headers: { 'content-type': 'application/x-nonsense' } },
      { method: 'DELETE' },
      { method: 'PATCH', body: '{}', headers: { 'content-type': 'application/json' } },
    ]) {
      const answer = await site.fetch('/doi/10.5072/a/request', init);
      const text = await answer.text();
      assert.ok(answer.status >= 400 && answer.status < 500, `${init.method} ${answer.status}`);
      assert.doesNotMatch(text, /node_modules|\bat \w+.*\.js|stack|Mongo|Fastify/i);
    }
    assert.equal((await site.fetch('/doi/%zz', page)).status, 400);
  });

  it('of a broken query are ours, and hidden', async () => {
    const { records } = site.store;
    await records.updateOne({ _id: '10.5072/a' }, { $unset: { 'record.resource.creators': '' } });
    const answer = await site.fetch('/doi/10.5072/a', page);
    const text = await answer.text();
    assert.equal(answer.status, 500);
    assert.match(text, /Something went wrong/);
    assert.doesNotMatch(text, /undefined|TypeError/);
  });

  it('leave the health checks as they are', async () => {
    assert.deepEqual(await (await site.fetch('/health/live', page)).json(), {
      status: 'ok',
      app: 'publication-server',
    });
  });
});

describe('A record of hostile metadata', () => {
  let site: PublicSite;
  const evil = '</script></title><img src=x onerror=alert(1)>"\'&\u0000\u202egpj.exe';
  const path = '/doi/10.5072/evil';

  before(async () => {
    site = await PublicSite.start();
    const name = { name: evil, nameType: 'Organizational' as const };
    await site.put(
      recordOf('10.5072/evil', {
        resource: resourceOf('10.5072/evil', {
          titles: [
            { title: evil, lang: '"><x' },
            { title: evil, titleType: evil },
          ],
          creators: [
            { ...name, affiliation: [{ name: evil, affiliationIdentifier: 'javascript:alert(1)' }] },
          ],
          contributors: [{ ...name, contributorType: evil }],
          publisher: { name: evil, publisherIdentifier: 'javascript:alert(1)' },
          subjects: [{ subject: evil }],
          version: evil,
          language: evil,
          dates: [{ date: evil, dateType: evil }],
          rightsList: [{ rights: evil, rightsUri: 'javascript:alert(1)', rightsIdentifier: evil }],
          relatedIdentifiers: [
            { relatedIdentifier: 'javascript:alert(1)', relatedIdentifierType: 'URL', relationType: evil },
            { relatedIdentifier: evil, relatedIdentifierType: evil, relationType: 'Cites' },
          ],
          fundingReferences: [
            {
              funderName: evil,
              funderIdentifier: 'data:text/html,x',
              awardUri: 'vbscript:x',
              awardTitle: evil,
            },
          ],
          descriptions: [{ description: `${evil}\n\n${evil}`, descriptionType: evil, lang: evil }],
          types: { resourceTypeGeneral: evil, resourceType: evil },
          alternateIdentifiers: [{ alternateIdentifier: evil, alternateIdentifierType: evil }],
        }),
        datasets: [
          {
            ...{ pid: evil, name: evil, type: evil, description: evil, size: 1, files: 1, createdAt: evil },
            instruments: [{ name: evil, pid: 'javascript:alert(1)' }],
            techniques: [{ name: evil }],
            proposals: [{ id: evil, title: evil }],
            samples: [{ id: evil }],
            keywords: [evil],
          },
        ],
        landingPage: 'javascript:alert(1)',
      }),
      new Date(),
      [fileLine(`${evil}/${evil}`, { archiveId: evil })],
    );
  });
  after(() => site.stop());

  for (const address of [
    path,
    `${path}?lang=de`,
    `${path}/files`,
    '/',
    `/?q=${encodeURIComponent(evil)}`,
    `/?keyword=${encodeURIComponent(evil)}`,
  ])
    it(`is text and nothing else at ${address.slice(0, 40)} (23)`, async () => {
      const answer = await site.fetch(address, page);
      const text = await answer.text();
      assert.equal(answer.status, 200);
      assert.doesNotMatch(
        text,
        /<img src=x|<\/title><img|href="(javascript|data|vbscript):|\u202e|\u0000|lang="">/,
      );
      assert.equal(
        text.match(/<\/script>/g)?.length,
        address.startsWith(path) && !address.endsWith('files') ? 2 : 1,
      );
    });

  it('breaks no machine-readable form', async () => {
    for (const name of ['schema-org', 'datacite-json', 'csl-json', 'dcat', 'json'])
      JSON.parse(await (await site.fetch(`${path}/export/${name}`)).text());
    assert.match(await (await site.fetch('/feed.atom')).text(), /<\/feed>\s*$/);
    JSON.parse(await (await site.fetch(`${path}/linkset.json`)).text());
  });

  it('may be very long', async () => {
    const long = 'Very long title '.repeat(100_000);
    await site.put(
      recordOf('10.5072/long', {
        resource: resourceOf('10.5072/long', {
          titles: [{ title: long }],
          descriptions: [{ description: long, descriptionType: 'Abstract' }],
          creators: Array.from({ length: 5000 }, (_, index) => ({ name: `Name ${index}` })),
        }),
      }),
    );
    const text = await (await site.fetch('/doi/10.5072/long', page)).text();
    assert.ok((/<title>([^<]*)/.exec(text)?.[1]?.length ?? 0) < 300);
    assert.match(text, /Show all 5,000/);
    assert.ok(text.includes('Name 4999'));
    assert.equal((await site.fetch('/', page)).status, 200);
  });
});

describe('The pages while the database is away', () => {
  it('say so at once, and when to try again', async () => {
    const server = await createPublicationServer(
      publicationServerConfigFrom({
        MONGODB_URI: 'mongodb://127.0.0.1:1/away',
        PUBLIC_URL: PublicSite.publicUrl,
        PUSH_SECRET: pushSecret,
        LOG_LEVEL: 'silent',
      }),
    );
    try {
      await server.publicApp.listen(0, '127.0.0.1');
      const url = await server.publicApp.getUrl();
      for (const path of ['/', '/doi/10.5072/a', '/sitemap.xml', '/feed.atom', '/requests/abcdefgh']) {
        const answer = await fetch(url + path, page);
        assert.equal(answer.status, 503, path);
        assert.equal(answer.headers.get('retry-after'), '30');
        assert.match(await answer.text(), /Out of service for a moment/);
        const told = await fetch(url + path, json);
        assert.equal(((await told.json()) as { status: number }).status, 503);
      }
      for (const path of ['/about', '/robots.txt'])
        assert.equal((await fetch(url + path, page)).status, 200, path);
    } finally {
      await server.stop();
    }
  });
});
