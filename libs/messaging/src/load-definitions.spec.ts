import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { feedNamesOf, loadDefinitions } from './load-definitions.js';

describe('The names of the legacy feed', () => {
  it('are those that its actions name, and no others', () => {
    const jobs = [
      { create: { actions: [{ actionType: 'rabbitmq', exchange: 'jobs.write', queue: 'client.jobs' }] } },
      { update: { actions: [{ actionType: 'rabbitmq', exchange: 'jobs.write' }, { actionType: 'email' }] } },
    ];
    assert.deepEqual(feedNamesOf({ jobs }), ['jobs.write', 'client.jobs']);
  });
});

describe('Definitions', () => {
  let server: Server;
  const asked: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const former = [{ name: 'x.inbox', arguments: { 'x-dead-letter-exchange': '' } }];
      request.resume().on('end', () => response.end(request.method === 'GET' ? JSON.stringify(former) : ''));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());
  const at = (path: string): URL =>
    new URL(`http://admin:secret@127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const queues = [{ name: 'x.inbox', arguments: { 'x-dead-letter-exchange': 'x.own' } }];

  it('are loaded into their virtual host, behind whatever path the plugin lies', async () => {
    await loadDefinitions(at('/broker/'), { queues }, 'catena');
    assert.deepEqual(asked, [
      'GET /broker/api/queues/catena',
      'DELETE /broker/api/queues/catena/x.inbox',
      'POST /broker/api/definitions',
    ]);
  });

  it('that nobody takes say why, without the account', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const nobody = new URL(`http://admin:secret@127.0.0.1:${(closed.address() as AddressInfo).port}/`);
    await new Promise((resolve) => closed.close(resolve));
    await assert.rejects(loadDefinitions(nobody, { queues }), (error: Error) => {
      assert.match(error.message, /127\.0\.0\.1:\d+ to take GET .*ECONNREFUSED/);
      return !error.message.includes('secret');
    });
  });
});
