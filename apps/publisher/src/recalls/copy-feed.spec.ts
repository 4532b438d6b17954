import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { FeedClient } from '#publication-feed';
import { CopyFeed } from './copy-feed.js';

describe('A copy that cannot be read', () => {
  const copies = new CopyFeed({} as FeedClient);
  const send = (url: string): Promise<void> =>
    copies.send({ datasetId: 'd', archiveId: 'a', size: 1, sha256: '', url, expiresAt: '' });

  it('is waited for while its storage does not answer, and only then', async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status, { location: '/x' }).end('no'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/copy`;
    try {
      for (const [answer, away] of [
        [503, true],
        [404, false],
        [302, false],
      ] as const) {
        status = answer;
        await assert.rejects(send(url), { code: 'publication.copy-away', away }, String(answer));
      }
    } finally {
      server.close();
    }
    await assert.rejects(send('nowhere'), { code: 'publication.copy-away', away: false });
    await assert.rejects(send('http://127.0.0.1:1/copy'), { code: 'publication.copy-away', away: true });
  });
});
