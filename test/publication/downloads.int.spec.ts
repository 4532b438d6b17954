import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { wait } from '#kernel';
import { CopyServer } from './support/copy-server.js';
import { fileLine, recordOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const frame = randomBytes(300_000);
const html = Buffer.from('<script>alert(1)</script>');
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe('Files of a publication', () => {
  let site: PublicSite;
  let copies: CopyServer;
  const base = '/doi/10.5072/Data/files';

  before(async () => {
    copies = await CopyServer.start();
    site = await PublicSite.start({ DOWNLOAD_ORIGINS: copies.origin, DOWNLOADS_PER_CLIENT: '3' });
    const files = await copies.add(site, 'block-1', {
      'run 1/frame.h5': frame,
      'run 1/päge "1".html': html,
      'empty.txt': Buffer.alloc(0),
      'a/files/archive.zip': Buffer.from('not an archive'),
    });
    await site.put(recordOf('10.5072/Data'), new Date(), files);
    await site.put(recordOf('10.5072/data/files/run'), new Date(), files);
    const late = { embargoUntil: '2999-01-01T00:00:00.000Z' };
    await site.put(recordOf('10.5072/embargo', late), new Date(), files);
    await site.put(withdrawnOf(recordOf('10.5072/gone')), new Date(), files);
    await site.put(recordOf('10.5072/empty'));
    const cold = await copies.add(site, 'tape', { 'cold.dat': frame }, { withoutCopy: true });
    await site.put(recordOf('10.5072/cold'), new Date(), cold);
    await site.put(recordOf('10.5072/never'), new Date(), [fileLine('never.dat')]);
  });
  after(async () => {
    await site.stop();
    await copies.stop();
  });

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    site.fetch(path, { headers, method });

  it('28: come whole, with everything a client wants to know, and HEAD says the same', async () => {
    for (const method of ['GET', 'HEAD']) {
      const response = await get(`${base}/run%201/frame.h5`, {}, method);
      assert.equal(response.status, 200);
      const header = (name: string) => response.headers.get(name);
      assert.equal(header('content-length'), '300000');
      assert.equal(header('etag'), `"${digest(frame)}"`);
      assert.equal(header('accept-ranges'), 'bytes');
      assert.equal(header('last-modified'), 'Fri, 02 Jan 2026 03:04:05 GMT');
      assert.equal(
        header('repr-digest'),
        `sha-256=:${Buffer.from(digest(frame), 'hex').toString('base64')}:`,
      );
      assert.equal(header('content-type'), 'application/x-hdf5');
      assert.equal(header('content-disposition'), 'attachment; filename="frame.h5"');
      assert.equal(header('link'), '<https://data.example.org/doi/10.5072/Data>; rel="collection"');
      assert.equal(header('x-content-type-options'), 'nosniff');
      assert.match(header('content-security-policy') ?? '', /^sandbox;/);
      const body = await bytesOf(response);
      if (method === 'GET') assert.ok(body.equals(frame));
      else assert.equal(body.length, 0);
    }
  });

  it('28: come in ranges, and are resumed where they broke off', async () => {
    for (const [range, first, end] of [
      ['bytes=0-0', 0, 1],
      ['bytes=120000-', 120_000, 300_000],
      ['bytes=-10', 299_990, 300_000],
      ['bytes=5-999999999', 5, 300_000],
      ['bytes=-999999999', 0, 300_000],
    ] as const) {
      const response = await get(`${base}/run%201/frame.h5`, { range });
      assert.equal(response.status, 206, range);
      assert.equal(response.headers.get('content-range'), `bytes ${first}-${end - 1}/300000`);
      assert.ok((await bytesOf(response)).equals(frame.subarray(first, end)), range);
    }
    for (const range of ['bytes=1-0', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,5-6', 'bytes=-']) {
      const response = await get(`${base}/run%201/frame.h5`, { range });
      assert.equal(response.status, 200, range);
      assert.equal((await bytesOf(response)).length, 300_000);
    }
    for (const range of ['bytes=300000-', 'bytes=-0']) {
      const response = await get(`${base}/run%201/frame.h5`, { range });
      assert.equal(response.status, 416, range);
      assert.equal(response.headers.get('content-range'), 'bytes */300000');
    }
  });

  it('28: follow conditions', async () => {
    const etag = `"${digest(frame)}"`;
    const status = async (headers: Record<string, string>) => {
      const response = await get(`${base}/run%201/frame.h5`, headers);
      await response.arrayBuffer();
      return response.status;
    };
    const range = 'bytes=5-9';
    assert.equal(await status({ range, 'if-range': etag }), 206);
    assert.equal(await status({ range, 'if-range': '"stale"' }), 200);
    assert.equal(await status({ range, 'if-range': `W/${etag}` }), 200);
    assert.equal(await status({ range, 'if-range': 'Fri, 02 Jan 2026 03:04:05 GMT' }), 206);
    assert.equal(await status({ range, 'if-range': 'Fri, 02 Jan 2026 03:04:04 GMT' }), 200);
    assert.equal(await status({ 'if-none-match': `"x", W/${etag}` }), 304);
    assert.equal(await status({ 'if-none-match': '*' }), 304);
    assert.equal(
      await status({ 'if-none-match': '"x"', 'if-modified-since': 'Fri, 02 Jan 2027 03:04:05 GMT' }),
      200,
    );
    assert.equal(await status({ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' }), 304);
    assert.equal(await status({ 'if-match': '"x"' }), 412);
    assert.equal(await status({ 'if-match': etag }), 200);
  });

  it('name themselves in any script, and are never run', async () => {
    const response = await get(`${base}/run%201/p%C3%A4ge%20%221%22.html`);
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    assert.equal(
      response.headers.get('content-disposition'),
      `attachment; filename="p_ge _1_.html"; filename*=UTF-8''p%C3%A4ge%20%221%22.html`,
    );
    assert.ok((await bytesOf(response)).equals(html));
    const empty = await get(`${base}/empty.txt`);
    assert.deepEqual([empty.status, empty.headers.get('content-length')], [200, '0']);
  });

  it('24, 30: the longest DOI counts, in any case and encoding', async () => {
    const status = async (path: string) => (await get(path, {}, 'HEAD')).status;
    assert.equal(await status('/doi/10.5072/DATA/files/run%201/frame.h5'), 200);
    assert.equal(await status('/doi/10.5072%2Fdata/files/run%201%2Fframe.h5'), 200);
    assert.equal(await status(`${base}/a/files/archive.zip`), 200);
    assert.equal(await status('/doi/10.5072/data/files/run/files/run%201/frame.h5'), 200);
    assert.equal(await status('/doi/10.5072/data/files/run/archive.tar'), 200);
  });

  it('30: nothing else can be had', async () => {
    for (const path of [
      ...[
        '..%2f..%2fetc%2fpasswd',
        '%2e%2e/%2e%2e/etc/passwd',
        '%2Fetc%2Fpasswd',
        'run%201',
        'frame.h5',
        'cold.dat',
      ],
      ...[
        'run%201%2F..%2Frun%201%2Fframe.h5',
        'run%201/frame.h5%00',
        '%00',
        '{"$ne":1}',
        'run%201//frame.h5',
      ],
    ]) {
      const response = await get(`${base}/${path}`);
      const text = await response.text();
      assert.equal(response.status, 404, path);
      assert.doesNotMatch(text, /block-1|127\.0\.0\.1|signature/);
    }
    // Clients resolve dots themselves: what is left is the address of the list.
    assert.equal((await get(`${base}/.`)).status, 301);
    assert.equal((await get('/doi/10.5072/none/files/x')).status, 404);
    assert.equal((await get('/doi/10.5072/empty/files/x')).status, 404);
    assert.equal((await get('/doi/10.5072/never/files/never.dat')).status, 404);
  });

  it('30: embargo and withdrawal close every way', async () => {
    for (const end of [
      'files/run%201/frame.h5',
      'archive.zip',
      'archive.tar',
      'manifest-sha256.txt',
      'files.json',
    ]) {
      const closed = await get(`/doi/10.5072/embargo/${end}`, { accept: 'application/json' });
      assert.equal(closed.status, 403, end);
      assert.equal(
        ((await closed.json()) as Record<string, string>)['embargoUntil'],
        '2999-01-01T00:00:00.000Z',
      );
      const gone = await get(`/doi/10.5072/gone/${end}`);
      assert.equal(gone.status, 410, end);
      assert.match(await gone.text(), /calibrated wrongly/);
    }
  });

  it('lie on tape: 202, and where to ask for them', async () => {
    for (const end of ['files/cold.dat', 'archive.zip', 'archive.tar']) {
      const response = await get(`/doi/10.5072/cold/${end}`, { accept: 'text/html' });
      assert.equal(response.status, 202, end);
      assert.equal(response.headers.get('location'), 'https://data.example.org/doi/10.5072/cold/request');
      assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
      const page = await response.text();
      assert.match(
        page,
        /<a class="button" href="https:\/\/data\.example\.org\/doi\/10\.5072\/cold\/request">/,
      );
      assert.match(page, /<html lang="en"[^]*<nav/, 'a page of the site');
      assert.match(response.headers.get('content-security-policy') ?? '', /style-src 'self'/);
    }
    await copies.offer(site, 'tape', { expiresAt: new Date(Date.now() - 1000) });
    assert.equal((await get('/doi/10.5072/cold/files/cold.dat', {}, 'HEAD')).status, 202);
    const asked = copies.requests.length;
    for (const url of [
      'http://evil.example.org/x',
      'file:///etc/passwd',
      `${copies.origin}.evil.org/x`,
      'junk',
    ]) {
      await copies.offer(site, 'tape', { url });
      assert.equal((await get('/doi/10.5072/cold/files/cold.dat', {}, 'HEAD')).status, 202);
    }
    assert.equal(copies.requests.length, asked);
    assert.equal((await get('/doi/10.5072/cold/manifest-sha256.txt')).status, 200);
  });

  it('28: are listed for sha256sum and for programs', async () => {
    const manifest = await get('/doi/10.5072/data/manifest-sha256.txt');
    assert.equal(manifest.status, 200);
    const text = await manifest.text();
    assert.ok(text.includes(`${digest(frame)}  run 1/frame.h5\n`));
    assert.equal(text.split('\n').length, 5);
    const part = await get('/doi/10.5072/data/manifest-sha256.txt', { range: 'bytes=70-' });
    assert.equal(await part.text(), text.slice(70));
    interface Page {
      readonly count: number;
      readonly files: readonly { readonly path: string; readonly url: string }[];
      readonly next?: string;
    }
    const found: string[] = [];
    let next: string | undefined = '/doi/10.5072/data/files.json?limit=3';
    while (next !== undefined) {
      const page = (await (await get(next)).json()) as Page;
      assert.equal(page.count, 4);
      for (const { path, url } of page.files) {
        found.push(path);
        assert.equal((await get(url.replace(PublicSite.publicUrl, ''), {}, 'HEAD')).status, 200, url);
      }
      next = page.next?.replace(PublicSite.publicUrl, '');
    }
    assert.equal(new Set(found).size, 4);
    for (const query of ['from=-1', 'limit=x', 'from=1e9'])
      assert.equal((await get(`/doi/10.5072/data/files.json?${query}`)).status, 400, query);
  });

  it('never arrive whole when they are damaged', async () => {
    const files = await copies.add(site, 'damaged', { 'bad.dat': randomBytes(200_000) });
    await site.put(recordOf('10.5072/damaged'), new Date(), files);
    copies.damage('damaged', 100_000);
    const response = await get('/doi/10.5072/damaged/files/bad.dat');
    await assert.rejects(response.arrayBuffer());
    const archive = await get('/doi/10.5072/damaged/archive.zip');
    await assert.rejects(archive.arrayBuffer());
  });

  it('survive a source that breaks, and answer 503 for one that is broken', async () => {
    let broken = 1;
    copies.trouble = (_request, response, body) => {
      if (broken === 0) return false;
      broken -= 1;
      response.writeHead(206, {
        'content-length': body.length,
        'content-range': `bytes ${/\d+-\d+/.exec(_request.headers.range ?? '')?.[0] ?? ''}/1`,
      });
      response.write(body.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    assert.ok((await bytesOf(await get(`${base}/run%201/frame.h5`))).equals(frame));
    copies.trouble = (_request, response) => {
      response.writeHead(302, { location: `${copies.origin}/elsewhere` }).end();
      return true;
    };
    const response = await get(`${base}/run%201/frame.h5`);
    assert.equal(response.status, 503);
    assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
    assert.doesNotMatch(await response.text(), /127\.0\.0\.1|302/);
    copies.trouble = (_request, answer) => {
      answer.writeHead(403).end();
      return true;
    };
    assert.equal((await get(`${base}/run%201/frame.h5`)).status, 202);
    copies.trouble = () => false;
  });

  it('are sent to so many at once, and no more', async () => {
    const files = await copies.add(site, 'large', { 'large.dat': Buffer.alloc(40_000_000) });
    await site.put(recordOf('10.5072/large'), new Date(), files);
    const open = await Promise.all(
      Array.from({ length: 3 }, () => get('/doi/10.5072/large/files/large.dat')),
    );
    assert.deepEqual(
      open.map(({ status }) => status),
      [200, 200, 200],
    );
    const refused = await get('/doi/10.5072/large/files/large.dat');
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
    await refused.text();
    for (const response of open) await response.body?.cancel();
    let status = 429;
    for (let tries = 0; status === 429 && tries < 50; tries += 1) {
      await wait(100);
      const again = await get('/doi/10.5072/large/files/large.dat', { range: 'bytes=0-9' });
      await again.arrayBuffer();
      status = again.status;
    }
    assert.equal(status, 206);
  });

  it('29: stop being read when the client goes away', async () => {
    const before_ = copies.sent;
    const response = await get('/doi/10.5072/large/files/large.dat');
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await wait(1000);
    const sent = copies.sent;
    assert.ok(sent - before_ < 20_000_000, `${sent - before_} bytes`);
    await wait(500);
    assert.equal(copies.sent, sent);
  });

  it('count as use once, and not for machines', async () => {
    const { _id } = { _id: '10.5072/data/files/run' };
    const path = `/doi/${_id}/files/empty.txt`;
    await get(path, { 'user-agent': 'Googlebot/2.1' });
    await get(path, {}, 'HEAD');
    assert.equal(await site.store.usage.findOne({ _id }), null);
    for (let times = 0; times < 3; times += 1) await get(path, { 'user-agent': 'curl/8' });
    let usage = null;
    for (let tries = 0; usage === null && tries < 50; tries += 1) {
      await wait(50);
      usage = await site.store.usage.findOne({ _id });
    }
    assert.deepEqual(usage, { _id, downloads: 1, views: 0 });
  });
});

describe('A reader that takes nothing', () => {
  it('is cut off', async () => {
    const copies = await CopyServer.start();
    const site = await PublicSite.start({ DOWNLOAD_ORIGINS: copies.origin, DOWNLOAD_PATIENCE: '1s' });
    const files = await copies.add(site, 'large', { 'large.dat': Buffer.alloc(40_000_000) });
    await site.put(recordOf('10.5072/large'), new Date(), files);
    const response = await site.fetch('/doi/10.5072/large/files/large.dat');
    await wait(3000);
    await assert.rejects(response.arrayBuffer());
    await site.stop();
    await copies.stop();
  });
});
