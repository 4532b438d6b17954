import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { askApps, operationsCall, Silences, whyJobs, type OperatedApp } from './index.js';

const acting = { name: 'Žofie', groups: ['p1'], via: 'cli' as const };
const now = new Date('2026-11-29T02:30:00Z');
const never = new AbortController().signal;
const servers: Server[] = [];

after(() => servers.forEach((server) => server.closeAllConnections()));
after(() => servers.forEach((server) => server.close()));

async function app(
  name: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<OperatedApp> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { name, url: `http://127.0.0.1:${port}`, token: 'secret-token' };
}

const says = (status: number, body: unknown) => (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('A call of an app', () => {
  it('says for whom it is made, and bears a key when it changes something', async () => {
    const heard: IncomingMessage[] = [];
    const one = await app('archiver', (request, response) => {
      heard.push(request);
      says(200, {})(request, response);
    });
    await operationsCall(one, acting, { path: 'app' }, never);
    await operationsCall(one, acting, { method: 'PUT', path: 'limits', body: {}, ifMatch: '"7"' }, never);
    const [read, write] = heard.map(({ headers }) => headers);
    assert.equal(read?.authorization, 'Bearer secret-token');
    assert.equal(decodeURIComponent(String(read['catena-acting-for'])), 'Žofie');
    assert.deepEqual([read['catena-acting-via'], read['catena-acting-groups']], ['cli', 'p1']);
    assert.equal(read['idempotency-key'], undefined);
    assert.equal(write?.['if-match'], '"7"');
    assert.match(String(write['idempotency-key']), /^[\w-]{36}$/);
  });

  it('tells a refusal with its code, a call that is not there, and a wrong token, without the token', async () => {
    const conflict = { statusCode: 409, code: 'operations.changed-meanwhile', message: 'replayed by anna' };
    const cases: readonly (readonly [number, object, object])[] = [
      [409, conflict, { status: 409, fault: 'replayed by anna', code: 'operations.changed-meanwhile' }],
      [404, { statusCode: 404, message: 'Cannot GET /api/v4/operations/x' }, { none: true }],
      [
        404,
        { statusCode: 404, code: 'operations.not-there', message: 'no job' },
        { status: 404, fault: 'no job', code: 'operations.not-there' },
      ],
    ];
    for (const [status, body, expected] of cases)
      assert.deepEqual(
        await operationsCall(await app('a', says(status, body)), acting, { path: 'x' }, never),
        expected,
      );
    for (const body of [{}, { message: 'no such page' }, '<html>nginx</html>']) {
      const wrong = await operationsCall(await app('a', says(404, body)), acting, { path: 'x' }, never);
      assert.equal('fault' in wrong && wrong.status, 404, 'a wrong address');
    }
    const old = await app(
      'old',
      says(404, { statusCode: 404, message: 'Cannot GET /api/v4/operations/why' }),
    );
    const told = await whyJobs([old], acting, ['j'], never, now);
    assert.match(JSON.stringify(told.get('j')), /app.refused.*earlier version/);
    const refused = await operationsCall(
      await app('a', says(403, { message: 'Forbidden' })),
      acting,
      { path: 'x' },
      never,
    );
    assert.match(JSON.stringify(refused), /its token was refused/);
    assert.ok(!JSON.stringify(refused).includes('secret-token'));
  });
});

describe('All apps', () => {
  it('are asked at the same time; who is frozen, away or refuses is named', async () => {
    const apps = [
      await app('good', says(200, { n: 1 })),
      await app('frozen', () => undefined),
      await app('angry', says(403, { message: 'Forbidden' })),
      await app('broken', says(503, { message: 'the database is away' })),
      await app('older', says(404, { message: 'Cannot GET /api/v4/operations/why' })),
      { name: 'gone', url: 'http://127.0.0.1:1', token: 't' },
    ];
    const { answers, missing } = await askApps<object>(
      apps,
      acting,
      { path: 'why', patience: 300 },
      never,
      now,
    );
    assert.deepEqual(answers, [{ app: 'good', body: { n: 1 } }]);
    assert.deepEqual(
      missing.map(({ app: name, code }) => [name, code]),
      [
        ['frozen', 'app.silent'],
        ['angry', 'app.refused'],
        ['broken', 'source.away'],
        ['gone', 'app.silent'],
      ],
    );
  });

  it('that do not answer are away since the first time, until they answer', async () => {
    const silences = new Silences();
    const gone = { name: 'gone', url: 'http://127.0.0.1:1', token: 't' };
    let status = 503;
    const ill = await app('ill', (request, response) => says(status, {})(request, response));
    const sinceAt = async (minutes: number): Promise<string[]> => {
      const at = new Date(now.getTime() + minutes * 60_000);
      const { missing } = await askApps([gone, ill], acting, { path: 'app' }, never, at, silences);
      return missing.map(({ app: name, since }) => `${name} ${since.slice(11, 16)}`);
    };
    assert.deepEqual(await sinceAt(0), ['gone 02:30', 'ill 02:30']);
    assert.deepEqual(await sinceAt(10), ['gone 02:30', 'ill 02:30']);
    status = 200;
    assert.deepEqual(await sinceAt(20), ['gone 02:30']);
    status = 500;
    assert.deepEqual(await sinceAt(30), ['gone 02:30', 'ill 03:00']);
  });

  for (const odd of [null, 7, [], {}, { jobs: null }, { jobs: 'none' }, { jobs: { j: null } }])
    it(`that answer in another form are named: ${JSON.stringify(odd)}`, () => oddly(odd));
  for (const facts of [undefined, 'none', [null], [{ code: 7, facts: {} }], [{ code: 'paused' }]])
    it(`that tell odd facts are named: ${JSON.stringify(facts)}`, () => oddly({ jobs: { j: { facts } } }));

  async function oddly(body: unknown): Promise<void> {
    const good = { jobs: { j: { known: true, facts: [{ code: 'work.queued', facts: {} }] } } };
    const apps = [await app('good', says(200, good)), await app('odd', says(200, body))];
    const told = (await whyJobs(apps, acting, ['j'], never, now)).get('j');
    assert.equal(told?.headline?.app, 'good');
    assert.deepEqual(
      told?.missing.map((one) => [one.app, one.code]),
      [['odd', 'app.refused']],
    );
  }

  it('are not away because whoever asked them has left', async () => {
    const [leaving, silences] = [new AbortController(), new Silences()];
    const slow = await app('slow', () => leaving.abort(new Error('left')));
    await assert.rejects(askApps([slow], acting, { path: 'app' }, leaving.signal, now, silences), /left/);
    const later = new Date(now.getTime() + 60_000);
    assert.equal(silences.failed('slow', later), later.toISOString());
  });

  it('say together why jobs wait, however many are asked for', async () => {
    const asked: number[] = [];
    const one = await app('archiver', (request, response) => {
      const ids = new URL(request.url ?? '', 'http://x').searchParams.getAll('jobId');
      asked.push(ids.length);
      const fact = { code: 'work.queued', facts: { place: 3 } };
      const jobs = Object.fromEntries(ids.map((id) => [id, { known: true, facts: [fact] }]));
      says(200, { jobs })(request, response);
    });
    const ids = Array.from({ length: 250 }, (_, n) => `job-${n}`);
    const found = await whyJobs([one], acting, ids, never, now);
    assert.deepEqual(asked, [200, 50]);
    assert.equal(found.size, 250);
    assert.equal(found.get('job-249')?.headline?.code, 'work.queued');
  });
});
