import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PublicSite } from './support/public-site.js';

/** The public port takes so many requests of one address, whoever it says it is. */
describe('Readers who ask too often', () => {
  let site: PublicSite;
  before(async () => {
    site = await PublicSite.start({
      REQUEST_LIMIT_PER_ADDRESS: '5',
      REQUEST_LIMIT_WINDOW: '1d',
      TRUSTED_PROXIES: '127.0.0.1',
    });
  });
  after(() => site.stop());

  const ask = (address: string, accept = 'application/json', path = '/') =>
    site.fetch(path, { headers: { accept, 'x-forwarded-for': address } });

  it('are told so by a page or by JSON, with when to come again; others are served', async () => {
    const statuses: number[] = [];
    // The proxy appends where a request comes from; what stands before that is the reader's own invention.
    for (let nth = 0; nth < 6; nth += 1) {
      const answer = await ask(`192.0.2.${nth}, 198.51.100.7`, 'text/html');
      statuses.push(answer.status);
      await answer.arrayBuffer();
    }
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
    const page = await ask('198.51.100.7', 'text/html');
    assert.match(await page.text(), /<h1>Too many requests<\/h1>/);
    const wait = Number(page.headers.get('retry-after'));
    assert.ok(wait > 30 && wait <= 86_400, String(wait));
    const told = await ask('198.51.100.7');
    assert.deepEqual([told.status, await told.json()], [429, { status: 429, error: 'Too many requests' }]);
    assert.equal((await ask('198.51.100.8')).status, 200);
  });

  it('still learn whether the server is well', async () => {
    assert.equal((await ask('198.51.100.7', 'application/json', '/health/ready')).status, 200);
  });
});
