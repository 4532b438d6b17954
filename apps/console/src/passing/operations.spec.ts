import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Permission } from '#console-api';
import { ManualClock } from '#kernel';
import { OperatedApps } from '../calls/operated-apps.js';
import type { CurrentSession } from '../session/session.js';
import { OperationsPassing } from './operations.service.js';

const may = (action: Permission['action']): Permission => ({ action, rule: 'operator', reach: 'all' });
const sessionOf = (more: Partial<CurrentSession>): CurrentSession => ({
  ...{ username: 'anna', groups: [], rightsAt: 0, until: 1, key: 'key', stale: false },
  permissions: [may('operations.read'), may('pause.set'), may('parking-lot.edit')],
  ...more,
});
const never = new AbortController().signal;
const from = '192.0.2.7';

describe('Operations calls under odd names', () => {
  let server: Server;
  let passing: OperationsPassing;
  const taken: IncomingHttpHeaders[] = [];
  before(async () => {
    server = createServer(({ headers }, response) => {
      taken.push(headers);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const app = { name: 'archiver', url: `http://127.0.0.1:${port}`, token: 'token' };
    passing = new OperationsPassing(new OperatedApps([app]), new ManualClock());
  });
  after(() => server.close());
  beforeEach(() => void (taken.length = 0));

  const path = (...segments: readonly string[]) => ({ segments, query: '' });

  for (const username of ['x'.repeat(101), 'an\u200bna'])
    it(`show what there is, and act for nobody: ${username.length} letters`, async () => {
      const session = sessionOf({ username });
      assert.equal((await passing.all(session, from, path('queues'), never)).answers.length, 1);
      await passing.one(session, from, 'archiver', path('workers'), { method: 'GET' }, never);
      for (const headers of taken) assert.equal(headers['catena-acting-for'], undefined);
      const act = passing.one(session, from, 'archiver', path('pauses'), { method: 'POST' }, never);
      await assert.rejects(act, { code: 'operations.wrong-name', status: 403 });
      assert.equal(taken.length, 2);
    });

  it('say groups only where an app decides by them, and from where the person acts', async () => {
    const session = sessionOf({ groups: Array.from({ length: 1000 }, (_, n) => `group-${n}`) });
    await passing.one(session, from, 'archiver', path('pauses'), { method: 'POST' }, never);
    await passing.all(session, from, path('queues'), never);
    for (const headers of taken)
      assert.deepEqual([headers['catena-acting-groups'], headers['catena-acting-from']], [undefined, from]);
    const few = sessionOf({ groups: ['editors'] });
    await passing.one(few, from, 'archiver', path('parking-lot', 'm', 'edit'), { method: 'POST' }, never);
    assert.equal(taken[2]?.['catena-acting-groups'], 'editors');
  });
});
