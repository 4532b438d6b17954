import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { FeedClient } from './feed-client.js';

describe('A client of the feed', () => {
  let status = 200;
  const server = createServer((_, response) => response.writeHead(status).end('{}'));
  let client: FeedClient;

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new FeedClient({ url, secret: 'a secret of the test' });
  });
  after(() => server.close());

  it('tells a server that is away from one that answers with a fault of its own', async () => {
    for (const [answer, code, away] of [
      [503, 'publication.feed-away', true],
      [429, 'publication.feed-away', true],
      [500, 'publication.feed-away', false],
      [409, 'publication.feed-refused', false],
    ] as const) {
      status = answer;
      await assert.rejects(client.recalls(), { code, away }, String(answer));
    }
    const nobody = new FeedClient({ url: 'http://127.0.0.1:1', secret: 'x' });
    await assert.rejects(nobody.recalls(), { code: 'publication.feed-away', away: true });
  });
});
