import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileLine, recordOf, resourceOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const doi = '10.5072/fresh';
const titled = (title: string, more: object = {}) =>
  recordOf(doi, { resource: resourceOf(doi, { titles: [{ title }], relatedIdentifiers: [], ...more }) });

describe('A landing page that is kept', () => {
  let site: PublicSite;
  before(async () => {
    site = await PublicSite.start();
  });
  after(() => site.stop());
  const text = async (query = ''): Promise<string> => (await site.fetch(`/doi/${doi}${query}`)).text();

  it('is as old as the store, whatever changes there', async () => {
    const archiveId = 'fresh/1/0.tar';
    const files = [fileLine('a.h5', { size: 1000, archiveId, member: 'a.h5' })];
    await site.put(titled('First'), new Date(), files);
    const changes: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
      ['nothing', () => Promise.resolve(), /First.*on tape/is],
      [
        'a copy came',
        () =>
          site.store.copies.insertOne({
            ...{ _id: archiveId, archiveId, members: 1, url: 'http://127.0.0.1/', size: 1000, sha256: '' },
            expiresAt: new Date(Date.now() + 3_600_000),
          }),
        /archive\.zip/,
      ],
      [
        'the copy expired',
        () =>
          site.store.copies.updateOne({ _id: archiveId }, { $set: { expiresAt: new Date(Date.now() - 1) } }),
        /on tape/i,
      ],
      [
        'it was counted',
        () =>
          site.store.usage.updateOne({ _id: doi }, { $set: { views: 4711, downloads: 0 } }, { upsert: true }),
        /4,711/,
      ],
      ['a newer revision came', () => site.put(titled('Second'), new Date(), files), /Second/],
      [
        'another one cites it',
        () =>
          site.put(
            recordOf('10.5072/citing', {
              resource: resourceOf('10.5072/citing', {
                titles: [{ title: 'The one that cites' }],
                relatedIdentifiers: [
                  { relatedIdentifier: doi, relatedIdentifierType: 'DOI', relationType: 'Cites' },
                ],
              }),
            }),
          ),
        /The one that cites/,
      ],
      [
        'a row was written by hand',
        () => site.store.records.updateOne({ _id: doi }, { $set: { 'record.resource.version': '7.7' } }),
        /7\.7/,
      ],
      [
        'an embargo was laid on it',
        () =>
          site.store.records.updateOne(
            { _id: doi },
            { $set: { 'record.embargoUntil': new Date(Date.now() + 3_600_000).toISOString() } },
          ),
        /embargo/i,
      ],
    ];
    for (const [what, change, expected] of changes) {
      await change();
      // The second one is kept.
      for (const time of ['first', 'second']) assert.match(await text(), expected, `${what}, ${time} time`);
      assert.match(await text('?lang=de'), /lang="de"/);
    }
    await site.store.records.updateOne(
      { _id: doi },
      { $set: { state: 'withdrawn', 'record.state': 'withdrawn' } },
    );
    assert.equal((await site.fetch(`/doi/${doi}`)).status, 410);
  });

  it('never shows less than what was written before it was asked for, to many readers and beside a writer', async () => {
    let written = 0;
    const wanted = 40;
    await site.put(titled('Version 0 of it'));
    const write = async (): Promise<void> => {
      for (let n = 1; n <= wanted; n += 1) {
        await site.put({ ...titled(`Version ${n} of it`), revision: n + 1 });
        written = n;
      }
    };
    const read = async (): Promise<void> => {
      while (written < wanted) {
        const atLeast = written;
        const shown = Number(/<h1[^>]*>Version (\d+) of it/.exec(await text())?.[1]);
        assert.ok(shown >= atLeast, `expected version ${atLeast} or later, found ${shown}`);
      }
    };
    await Promise.all([write(), ...Array.from({ length: 8 }, read)]);
    assert.match(await text(), /<h1[^>]*>Version 40 of it/);
  });

  it('has its files whole after their list went and came again', async () => {
    const files = ['a.h5', 'b.h5', 'c.h5'].map((path) => fileLine(path, { size: 1000 }));
    const whole = titled('With a list');
    await site.put(whole, new Date(), files);
    const [list] = await site.store.files.distinct('list', { path: 'b.h5' });
    const rows = await site.store.files.find({ list: list }).toArray();
    await site.store.files.deleteMany({ list: list as string, n: { $gt: 0 } });
    assert.doesNotMatch(await text(), /b\.h5/);
    await site.store.files.insertMany(rows.slice(1));
    assert.match(await text(), /b\.h5/);
  });
});
