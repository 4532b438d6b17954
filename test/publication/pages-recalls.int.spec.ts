import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { SystemClock } from '#kernel';
import { RecallFeed } from '../../apps/publication-server/src/ingest/recall-feed.service.js';
import type { PublicationServerConfig } from '../../apps/publication-server/src/publication-server.config.js';
import { fileLine, recordOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const doi = '10.5072/Tape';
const form = `/doi/${doi}/request`;

describe('Requests for files on tape', () => {
  let site: PublicSite;

  before(async () => {
    site = await PublicSite.start({ RECALLS_PER_CLIENT_AND_DAY: '3', TRUSTED_PROXIES: '127.0.0.1' });
    for (const name of [doi, '10.5072/b', '10.5072/c', '10.5072/d'])
      await site.put(recordOf(name), new Date(), [
        fileLine('a.h5', { archiveId: `of-${name}`, size: 5_000_000_000 }),
      ]);
  });
  beforeEach(() => site.store.recalls.deleteMany({}));
  after(() => site.stop());

  const post = (
    address = form,
    fields: Record<string, string> = {},
    more: Record<string, string> = {},
  ): Promise<Response> =>
    site.fetch(address, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { accept: 'text/html', ...more },
    });
  const all = () => site.store.recalls.find({}).toArray();

  it('are made with a form, without script and without an address', async () => {
    const page = await (await site.fetch(form)).text();
    assert.match(page, /<form method="post" action="\/doi\/10\.5072\/Tape\/request"/);
    const answer = await post();
    assert.equal(answer.status, 303);
    const location = answer.headers.get('location') ?? '';
    const progress = await site.fetch(location, { headers: { accept: 'text/html' } });
    assert.equal(progress.headers.get('refresh'), '20');
    assert.equal(progress.headers.get('cache-control'), 'no-store');
    assert.match(await progress.text(), /Waiting to be started/);
    const [recall, ...others] = await all();
    assert.equal(others.length, 0);
    assert.ok(recall !== undefined);
    const { doi: asked, state, language, bytesTotal, bytesDone, email, client } = recall;
    assert.deepEqual(
      [asked, state, language, bytesTotal, bytesDone],
      [doi, 'requested', 'en', 5_000_000_000, 0],
    );
    assert.equal(email ?? undefined, undefined);
    assert.doesNotMatch(client, /127/);
  });

  it('show their progress, as JSON too, and stop renewing when told so or done', async () => {
    const location = (await post()).headers.get('location') ?? '';
    await site.store.recalls.updateOne({ doi }, { $set: { state: 'recalling', bytesDone: 2_500_000_000 } });
    assert.match(await (await site.fetch(location)).text(), /value="50"[^]*2\.5\u00a0GB of 5\u00a0GB/);
    assert.equal((await site.fetch(`${location}?renew=no`)).headers.get('refresh'), null);
    const json = await site.fetch(location, { headers: { accept: 'application/json' } });
    const body = (await json.json()) as Record<string, unknown>;
    assert.deepEqual([body['state'], body['bytesDone'], body['doi']], ['recalling', 2_500_000_000, doi]);
    assert.ok(!('email' in body) && !('client' in body));
    assert.equal(json.headers.get('retry-after'), '20');
    await site.store.recalls.updateOne({ doi }, { $set: { state: 'ready', message: '<b>done</b>' } });
    const ready = await site.fetch(location);
    assert.equal(ready.headers.get('refresh'), null);
    assert.match(await ready.text(), /Ready to download[^]*&lt;b&gt;done[^]*href="\/doi\/10\.5072\/Tape"/);
  });

  it('are one for all who ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => post(form, {}, { 'x-forwarded-for': `192.0.2.${index}` })),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [303]);
    assert.equal(new Set(answers.map(({ headers }) => headers.get('location'))).size, 1);
    assert.equal((await all()).length, 1);
  });

  it('with an address for mail are of one reader only', async () => {
    await post(form, { email: 'ada@example.org' }, { 'x-forwarded-for': '192.0.2.1' });
    await post(form, { email: 'ada@example.org' }, { 'x-forwarded-for': '192.0.2.1' });
    await post(form, { email: 'charles@example.org' }, { 'x-forwarded-for': '192.0.2.2' });
    await post(form, {}, { 'x-forwarded-for': '192.0.2.3' });
    assert.deepEqual((await all()).map(({ email }) => email ?? '').sort(), [
      '',
      'ada@example.org',
      'charles@example.org',
    ]);
  });

  it('keep an address that its reader has not confirmed to one mail: the link in it leads to a button', async () => {
    const location = (await post(form, { email: 'ada@example.org' })).headers.get('location') ?? '';
    const [recall] = await all();
    const { _id: id, confirmation = '', confirmed } = recall!;
    assert.deepEqual([confirmed, confirmation.length], [false, 32]);
    const progress = await site.fetch(location, { headers: { accept: 'text/html' } });
    const text = await progress.text();
    assert.match(text, /asks you to confirm/);
    assert.ok(!text.includes(confirmation), 'whoever asked does not learn the link');
    const json = await (await site.fetch(location, { headers: { accept: 'application/json' } })).text();
    assert.ok(!json.includes(confirmation));
    const address = `/requests/${id}/confirm`;
    const page = await site.fetch(`${address}?token=${confirmation}`);
    assert.match(await page.text(), new RegExp(`<form method="post"[^]*value="${confirmation}"`));
    assert.equal((await all())[0]!.confirmed, false, 'to look is not to confirm');
    for (const token of ['', 'wrong', '{"$ne":""}', `${confirmation}x`])
      assert.equal((await post(address, { token })).status, 404, token);
    assert.equal((await all())[0]!.confirmed, false);
    const answer = await post(address, { token: confirmation });
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, `/requests/${id}`]);
    assert.equal((await all())[0]!.confirmed, true);
    assert.equal((await post(address, { token: confirmation })).status, 303, 'twice does no harm');
    assert.equal((await post('/requests/nosuchrequest/confirm', { token: 'x' })).status, 404);
  });

  it('that are over cannot be confirmed any more, and hold no address', async () => {
    await post(form, { email: 'ada@example.org' });
    const [recall] = await all();
    const address = `/requests/${recall!._id}/confirm`;
    const feed = new RecallFeed(site.store, new SystemClock(), {} as PublicationServerConfig);
    const told = await feed.report(recall!._id, { state: 'ready', bytesDone: 1, bytesTotal: 1 });
    assert.deepEqual(told, { confirmed: false });
    const late = await post(address, { token: String(recall!.confirmation) });
    assert.equal(late.status, 303, 'its page says how it ended');
    const { email, confirmation, confirmed } = (await all())[0]!;
    assert.deepEqual([email, confirmation, confirmed], [undefined, undefined, false]);
    assert.deepEqual(await feed.report(recall!._id, { state: 'ready', bytesDone: 1, bytesTotal: 1 }), {
      confirmed: false,
    });
  });

  it('are limited for a client and a day, also when all come at once', async () => {
    const ask = (name: string, client: string): Promise<Response> =>
      post(`/doi/${name}/request`, {}, { 'x-forwarded-for': client });
    const names = [doi, '10.5072/b', '10.5072/c', '10.5072/d'];
    const statuses = (await Promise.all(names.map((name) => ask(name, '192.0.2.9')))).map(
      ({ status }) => status,
    );
    assert.deepEqual(statuses.sort(), [303, 303, 303, 429]);
    assert.equal((await all()).length, 3);
    const refused = (await Promise.all(names.map((name) => ask(name, '192.0.2.9')))).find(
      ({ status }) => status === 429,
    );
    assert.ok(Number(refused?.headers.get('retry-after')) > 80_000);
    assert.match((await refused?.text()) ?? '', /Too many requests/);
    await site.store.recalls.updateMany(
      {},
      { $set: { requestedAt: new Date(Date.now() - 90_000_000), state: 'failed' } },
    );
    assert.equal((await ask(doi, '192.0.2.9')).status, 303, 'the next day');
  });

  it('refuse what is no address, and keep it in the form', async () => {
    for (const email of [
      'x',
      'a@b@c',
      '"><script>@x',
      'a b@c.d',
      `${'a'.repeat(300)}@b.c`,
      'a@b..c',
      'a@-b\r\nBcc: x@y.z',
    ]) {
      const answer = await post(form, { email });
      const text = await answer.text();
      assert.equal(answer.status, 400, email);
      assert.match(text, /aria-invalid="true"/);
      assert.doesNotMatch(text, /"><script>/);
    }
    assert.deepEqual(await all(), []);
  });

  it('of programs that fill in what nobody sees come to nothing', async () => {
    assert.equal((await post(form, { website: 'https://spam.example' })).headers.get('location'), '/');
    assert.deepEqual(await all(), []);
  });

  it('are taken from programs as well', async () => {
    const answer = await site.fetch(form, {
      method: 'POST',
      body: JSON.stringify({ email: 'ada@example.org' }),
      headers: { accept: 'application/json', 'content-type': 'application/json' },
    });
    const { url } = (await answer.json()) as { url: string };
    assert.equal(answer.status, 202);
    assert.match(url, /^https:\/\/data\.example\.org\/requests\//);
  });

  it('are neither needed nor possible for what is there, withdrawn, or under embargo', async () => {
    await site.store.copies.insertOne({
      ...{
        _id: 'here',
        archiveId: 'here',
        members: 1,
        url: 'https://s3.example.org/x',
        size: 1,
        sha256: 'a',
      },
      expiresAt: new Date(Date.now() + 1e8),
    });
    await site.put(recordOf('10.5072/here'), new Date(), [fileLine('a', { archiveId: 'here' })]);
    assert.match(await (await site.fetch('/doi/10.5072/here/request')).text(), /here already/);
    assert.equal((await post('/doi/10.5072/here/request')).status, 409);
    await site.put(withdrawnOf(recordOf('10.5072/gone')));
    assert.equal((await post('/doi/10.5072/gone/request')).status, 410);
    const embargoUntil = new Date(Date.now() + 1e9).toISOString();
    await site.put(recordOf('10.5072/later', { embargoUntil }), new Date(), [
      fileLine('a', { archiveId: 'x' }),
    ]);
    assert.equal((await post('/doi/10.5072/later/request')).status, 409);
    assert.equal((await post('/doi/10.5072/nosuch/request')).status, 404);
    assert.equal((await post(`/doi/${doi}`)).status, 405);
    assert.equal((await post('/doi/10.5072/later/request', {}, { accept: 'application/json' })).status, 409);
    assert.deepEqual(await all(), []);
  });

  it('of nobody are not found', async () => {
    for (const id of ['nosuchrequest', '(.*){8,9}', '%7B%22$ne%22:1%7D'])
      assert.equal((await site.fetch(`/requests/${id}`)).status, 404, id);
  });
});
