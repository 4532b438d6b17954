import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { CatalogSession } from './catalog-session.js';

describe('A catalogue session', () => {
  let logins = 0;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => {
    if (request.url !== '/api/v3/auth/login') return answer(request, response);
    logins += 1;
    response.writeHead(201).end(JSON.stringify({ access_token: `token-${logins}` }));
  });
  let session: CatalogSession;
  let url = '';

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    session = new CatalogSession({ url, username: 'publisher', password: 'secret' });
  });
  after(() => server.close());

  it('signs in once, and again when the token is no longer good', async () => {
    answer = (request, response) => {
      const good = request.headers.authorization !== 'Bearer token-1' || request.url === '/first';
      response.writeHead(good ? 200 : 401).end('{"a":1}');
    };
    assert.deepEqual(await session.get('/first'), { a: 1 });
    assert.equal(logins, 1);
    assert.deepEqual(await session.get('/second'), { a: 1 });
    assert.equal(logins, 2);
  });

  it('tells what may pass from what stays', async () => {
    for (const [status, code, retriable] of [
      [503, 'catalog.api-away', true],
      [429, 'catalog.api-away', true],
      [404, 'catalog.api-refused', false],
      [403, 'catalog.api-refused', false],
    ] as const) {
      answer = (_, response) => response.writeHead(status).end('no');
      await assert.rejects(session.get('/x'), { code, retriable });
    }
    const nobody = new CatalogSession({ url: 'http://127.0.0.1:1', username: 'a', password: 'b' });
    await assert.rejects(nobody.get('/x'), { code: 'catalog.api-away' });
  });

  it('reads lines whole, however they arrive, and says when they break off', async () => {
    answer = (_, response) => {
      response.write('{"a":"ü');
      setTimeout(() => response.end('"}\n{"b":2}'), 20);
    };
    const lines: string[] = [];
    for await (const line of session.lines('/lines')) lines.push(line);
    assert.deepEqual(lines, ['{"a":"ü"}', '{"b":2}']);

    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"a":1}\n');
      setTimeout(() => response.destroy(), 20);
    };
    await assert.rejects(
      async () => {
        for await (const _line of session.lines('/broken'));
      },
      { code: 'catalog.api-away' },
    );
  });

  it('gives up a stream on which nothing comes any more, but not a reader that takes its time', async () => {
    const impatient = new CatalogSession({ url, username: 'publisher', password: 'secret' }, 200);
    answer = (_, response) => response.end('{"a":1}\n{"b":2}\n');
    const lines: string[] = [];
    for await (const line of impatient.lines('/slow-reader')) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      lines.push(line);
    }
    assert.deepEqual(lines, ['{"a":1}', '{"b":2}']);

    let silent: ServerResponse | undefined;
    answer = (_, response) => {
      silent = response;
      response.write('{"a":1}\n');
    };
    await assert.rejects(
      async () => {
        for await (const _line of impatient.lines('/silent'));
      },
      { code: 'catalog.api-away' },
    );
    silent?.destroy();
  });
});
