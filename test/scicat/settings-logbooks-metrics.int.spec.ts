import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

const messages = [3, 1, 2].map((time) => ({ origin_server_ts: time, content: { body: `message ${time}` } }));

/** §1.14 of the contract: what stands around the catalogue. */
describe('Around the catalogue', () => {
  let app: ScicatApp;
  let folder: string;
  let logbooks: Server;
  let logbooksAnswer = true;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-settings-'));
    const configFile = join(folder, 'frontend.json');
    await writeFile(configFile, JSON.stringify({ siteTitle: 'Facility' }));
    const metricsFile = join(folder, 'metrics.json');
    await writeFile(metricsFile, JSON.stringify({ exclude: [{ path: '/health' }] }));
    logbooks = createServer((request, response) => {
      if (!logbooksAnswer) return;
      const [path] = (request.url ?? '').split('?');
      const name = decodeURIComponent(path?.split('/')[2] ?? '');
      const all = ['p-1', 'p-2'].map((proposal) => ({ name: proposal, roomId: 'r', messages }));
      const found = name === '' ? all : all.find((logbook) => logbook.name === name);
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found ?? {}));
    });
    logbooks.listen(0, '127.0.0.1');
    await once(logbooks, 'listening');
    app = await ScicatApp.start({
      FRONTEND_CONFIG_FILE: configFile,
      METRICS_ENABLED: 'yes',
      METRICS_CONFIG_FILE: metricsFile,
      LOGBOOK_ENABLED: 'yes',
      LOGBOOK_BASE_URL: `http://127.0.0.1:${(logbooks.address() as AddressInfo).port}`,
      HTTP_TIMEOUT: '500',
      HISTORY_ACCESS_PROPOSAL_GROUPS: 'proposalingestor',
      MASK_PERSONAL_INFO: 'yes',
    });
    await app.collection('Proposal').insertOne({ _id: 'p-1', proposalId: 'p-1', ownerGroup: 'group1' });
    const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
    await app.collection('History').insertMany(
      ['Dataset', 'Proposal', 'Proposal'].map((subsystem, index) => ({
        _id: `h-${index}`,
        subsystem,
        documentId: `d-${index}`,
        operation: 'update',
        before: {},
        after: {},
        user: 'somebody',
        timestamp: at(index),
      })),
    );
  });
  after(async () => {
    await app.stop();
    logbooks.closeAllConnections();
    logbooks.close();
    await rm(folder, { recursive: true });
  });

  describe('runtime configuration', () => {
    const path = '/api/v3/runtime-config/frontendConfig';

    it('comes from its file at the start and is served to everybody', async () => {
      const { body } = await app.anonymous.get(path);
      assert.deepEqual(
        [body['cid'], body['data'], body['updatedBy']],
        ['frontendConfig', { siteTitle: 'Facility' }, 'system'],
      );
      assert.deepEqual((await app.anonymous.get('/api/v3/admin/config')).body, { siteTitle: 'Facility' });
    });

    it('that is not there is 404 with the text of the contract', async () => {
      const { status, body } = await app.anonymous.get('/api/v3/runtime-config/nothing');
      assert.deepEqual([status, body['message']], [404, "Config 'nothing' not found"]);
      assert.equal((await app.anonymous.get('/api/v3/admin/theme')).status, 404);
      assert.equal((await app.as('admin').put('/api/v3/runtime-config/nothing', { data: {} })).status, 404);
    });

    it('is changed by admins, after the gate and the body', async () => {
      assert.equal((await app.as('user1').put(path, { data: 1 })).status, 403);
      assert.equal((await app.anonymous.put(path, { data: {} })).status, 403);
      assert.equal((await app.as('admin').put(path, { data: 'text' })).status, 400);
      assert.equal((await app.as('admin').put(path, [])).status, 400);
      const { status, body } = await app.as('admin').put(path, { cid: 'x', data: { siteTitle: 'New' } });
      assert.deepEqual([status, body['data'], body['updatedBy']], [200, { siteTitle: 'New' }, 'admin']);
    });
  });

  describe('history', () => {
    interface Page {
      items: { _id: string; subsystem: string }[];
      count: number;
      totalCount: number;
      skip: number;
      limit: number;
    }
    const find = (user: ScicatUser, query: object) => user.get<Page>('/api/v3/history', { ...query });

    it('is a page, newest first', async () => {
      const { body } = await find(app.as('admin'), { filter: {}, limit: '2', skip: '1' });
      assert.deepEqual([body.count, body.totalCount, body.skip, body.limit], [2, 3, 1, 2]);
      assert.deepEqual(
        body.items.map(({ _id }) => _id),
        ['h-1', 'h-0'],
      );
      const since = await find(app.as('admin'), { filter: { timestamp: { $gte: '2026-01-01T00:00:01Z' } } });
      assert.equal(since.body.totalCount, 2);
      const count = (filter: object) => app.as('admin').get('/api/v3/history/count', { filter });
      assert.deepEqual((await count({ subsystem: 'Proposal' })).body, { count: 2 });
      const everything = await count({});
      assert.deepEqual(
        [everything.status, everything.body['message']],
        [400, 'subsystem is required in filter for permission verification'],
      );
    });

    it('is open to the groups of a subsystem for that subsystem only, whatever the filter says', async () => {
      const reader = app.as('proposalIngestor');
      for (const filter of [{}, { $or: [{ subsystem: 'Dataset' }, {}] }, { subsystem: { $ne: '' } }]) {
        const { body } = await find(reader, { filter });
        assert.deepEqual([...new Set(body.items.map(({ subsystem }) => subsystem))], ['Proposal']);
      }
      assert.equal((await find(reader, { filter: { subsystem: 'Dataset' } })).status, 403);
      assert.equal((await reader.get('/api/v3/history/collection/Proposal')).body['totalCount'], 2);
      const closed = await reader.get('/api/v3/history/collection/Dataset');
      assert.deepEqual(
        [closed.status, closed.body['message']],
        [403, "You don't have permission to access history for Dataset collection"],
      );
      assert.equal((await app.as('admin').get('/api/v3/history/collection/User')).status, 403);
    });

    it('is closed to the anonymous (401), to others (403), and to filters that do more than compare (400)', async () => {
      assert.equal((await find(app.anonymous, { filter: {} })).status, 401);
      assert.equal((await find(app.as('user1'), { filter: '{' })).status, 403);
      const odd = [
        '',
        '{',
        '[]',
        '{"$where":"1"}',
        '{"a":{"$expr":{}}}',
        '{"__proto__":{"a":1}}',
        '{"timestamp":"x"}',
      ];
      for (const filter of odd) assert.equal((await find(app.as('admin'), { filter })).status, 400, filter);
      for (const query of [
        'filter={}&limit=x',
        'filter={}&skip=-1',
        'filter={}&filter={}',
        'filter={}&limit=1&limit=2',
      ])
        assert.equal((await app.as('admin').get(`/api/v3/history?${query}`)).status, 400, query);
    });
  });

  describe('logbooks', () => {
    it('are shown to the group of the proposal they are named after, and to admins', async () => {
      const names = async (user: ScicatUser): Promise<string[]> =>
        (await user.get<{ name: string }[]>('/api/v3/logbooks')).body.map(({ name }) => name);
      assert.deepEqual(await names(app.as('user1')), ['p-1']);
      assert.deepEqual(await names(app.as('user2')), []);
      assert.deepEqual((await names(app.as('admin'))).sort(), ['p-1', 'p-2']);
      assert.equal((await app.anonymous.get('/api/v3/logbooks')).status, 403);
      assert.equal((await app.anonymous.get('/api/v3/logbooks/p-1')).status, 403);
      assert.equal((await app.as('user2').get('/api/v3/logbooks/p-1')).text, '');
    });

    it('are sorted and cut as asked', async () => {
      const { body } = await app
        .as('user1')
        .get<{ messages: { origin_server_ts: number }[] }>('/api/v3/logbooks/p-1', {
          filters: { sortField: 'timestamp:desc', skip: 1, limit: 1 },
        });
      assert.deepEqual(
        body.messages.map((message) => message.origin_server_ts),
        [2],
      );
      assert.equal((await app.as('user1').get('/api/v3/logbooks/p-1', { filters: '{' })).status, 400);
      assert.equal((await app.as('admin').get('/api/v3/logbooks/..%2Fx')).text, '');
    });

    it('that do not answer in time are 503', async () => {
      logbooksAnswer = false;
      assert.equal((await app.as('admin').get('/api/v3/logbooks')).status, 503);
      logbooksAnswer = true;
    });
  });

  describe('events', () => {
    const ticketOf = async (user: ScicatUser): Promise<string> =>
      String((await user.post('/api/v3/events/ticket')).body['ticket']);
    const stream = (ticket: string, signal?: AbortSignal): Promise<Response> =>
      fetch(`${app.base}/api/v3/events/stream?ticket=${ticket}`, { ...(signal ? { signal } : {}) });

    it('need a ticket, which opens one stream, once', async () => {
      assert.equal((await app.anonymous.post('/api/v3/events/ticket')).status, 401);
      assert.equal((await stream('wrong')).status, 401);
      const ticket = await ticketOf(app.as('user1'));
      const browser = new AbortController();
      const open = await stream(ticket, browser.signal);
      assert.deepEqual([open.status, open.headers.get('content-type')], [200, 'text/event-stream']);
      assert.equal((await stream(ticket)).status, 401);
      assert.deepEqual((await app.as('admin').get('/api/v3/events/connections')).body, { connections: 1 });
      assert.equal((await app.as('user1').get('/api/v3/events/connections')).status, 403);
      browser.abort();
      for (let attempt = 0; attempt < 3000; attempt += 1) {
        if ((await app.as('admin').get('/api/v3/events/connections')).body['connections'] === 0) return;
        await sleep(20);
      }
      assert.fail('a stream that was left stayed open');
    });

    it('expire with their ticket', async () => {
      const ticket = await ticketOf(app.as('user1'));
      await app.collection('catena_event_tickets').updateMany({}, { $set: { expiresAt: new Date(0) } });
      assert.equal((await stream(ticket)).status, 401);
    });

    it('tell of jobs to those who may see them, and to nobody else', async () => {
      const browser = new AbortController();
      const heard = { user1: '', user2: '' };
      for (const name of ['user1', 'user2'] as const) {
        const { body } = await stream(await ticketOf(app.as(name)), browser.signal);
        void (async () => {
          for await (const part of body!) heard[name] += Buffer.from(part).toString();
        })().catch(() => undefined);
      }
      const job = {
        _id: 'j-1',
        type: 'archive',
        ownerUser: 'user1',
        ownerGroup: 'group1',
        statusCode: 'inProgress',
      };
      await app.collection('Job').insertOne({ ...job, updatedAt: new Date() });
      for (let attempt = 0; attempt < 2400 && !heard.user1.includes('j-1'); attempt += 1) await sleep(50);
      assert.match(heard.user1, /event: job\ndata: .*"id":"j-1".*"statusCode":"inProgress"/);
      assert.ok(!heard.user2.includes('j-1'));
      browser.abort();
    });
  });

  it('health says what is up in the words of the published client', async () => {
    const { status, body } = await app.anonymous.get('/api/v3/health');
    const up = { database: { status: 'up' }, broker: { status: 'up' } };
    assert.deepEqual([status, body['status'], body['info'], body['error']], [200, 'ok', up, {}]);
  });

  it('metrics count requests by route, method and status, and not the routes that were left out', async () => {
    await app.anonymous.get('/api/v3/runtime-config/nothing');
    await app.anonymous.get('/api/v3/health');
    const { status, text, headers } = await app.anonymous.get('/metrics');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /text\/plain/);
    assert.match(
      text,
      /request_duration_seconds_count\{[^}]*route="\/api\/v3\/runtime-config\/:id",status="404"/,
    );
    assert.doesNotMatch(text, /route="[^"]*health"/);
  });

  it('e-mail addresses of others are masked, one s own and those for admins are not', async () => {
    const stored = {
      _id: 'x',
      cid: 'people',
      data: { text: 'write to a.b@c.example or user1@example.org, not @x' },
    };
    await app.collection('RuntimeConfig').insertOne(stored);
    const seenBy = async (user: ScicatUser): Promise<unknown> =>
      (await user.get<{ data: { text: string } }>('/api/v3/runtime-config/people')).body.data.text;
    assert.equal(await seenBy(app.anonymous), 'write to ***** or *****, not @x');
    assert.equal(await seenBy(app.as('user1')), 'write to ***** or user1@example.org, not @x');
    assert.equal(await seenBy(app.as('admin')), stored.data.text);
  });

  it('answers from no masked address: by no condition, order, facet or text, of any resource', async () => {
    const where = { ownerEmail: { $regex: '^a' } };
    const asking: [string, Record<string, unknown>][] = [
      ...['datasets', 'datasets/count', 'datasets/findOne', 'instruments', 'samples', 'publisheddata'].map(
        (path): [string, Record<string, unknown>] => [`v3/${path}`, { filter: { where } }],
      ),
      ['v3/proposals', { filters: { where: { pi_email: { like: 'a' } } } }],
      ['v3/proposals/fullquery', { fields: { mode: { email: { $gt: 'a' } } } }],
      ['v3/proposals/fullfacet', { facets: ['pi_email'] }],
      ['v3/datasets', { filter: { limits: { order: 'ownerEmail:asc' } } }],
      ['v3/datasets/fullquery', { fields: { ownerEmail: 'ada@example.org' } }],
      ['v3/datasets/fullquery', { fields: { text: 'ada@example.org' } }],
      ['v3/datasets/fullquery', { fields: {}, limits: { order: 'contactEmail:asc' } }],
      ['v3/datasets/fullfacet', { fields: {}, facets: ['ownerEmail'] }],
      ['v3/jobs/fullquery', { fields: { emailJobInitiator: 'ada@example.org' } }],
      ['v4/datasets', { filter: { where } }],
      ['v4/datasets/public', { filter: { limits: { sort: { ownerEmail: 'asc' } } } }],
      ['v4/jobs', { filter: { where: { contactEmail: { $gt: 'a' } } } }],
      ['v4/jobs/fullfacet', { facets: ['contactEmail'] }],
    ];
    for (const [path, query] of asking) {
      const { status, body } = await app.as('user1').get(`/api/${path}`, query);
      assert.equal(status, 403, `${path} ${JSON.stringify(query)}: ${status}`);
      assert.match(String(body['message']), /masked here: /, path);
    }
    // Whoever may not read policies at all is told that first.
    const managed = { filter: { where: { manager: 'ada@example.org' } } };
    const policies = await app.as('policyKeeper').get('/api/v3/policies', managed);
    assert.equal(policies.status, 403);
    assert.match(String(policies.body['message']), /masked here: /);
    const header = await app.as('user1').get('/api/v3/datasets', {}, { filter: JSON.stringify({ where }) });
    assert.equal(header.status, 403);
    assert.equal((await app.as('admin').get('/api/v3/datasets', { filter: { where } })).status, 200);
    const own = { filter: { where: { ownerEmail: 'user1@example.org' } } };
    assert.equal((await app.as('user1').get('/api/v3/datasets', own)).status, 200);
  });
});
