import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsoleJobs, FromAllApps, Permission, Why } from '#console-api';
import { operationsCalls } from '../../apps/console/src/calls/call-table.js';
import type { ConsolePage } from './support/console-page.js';
import { ConsoleScene, people, type Person } from './support/console-scene.js';

type Fields = Record<string, unknown>;
const persons = Object.keys(people) as Person[];

describe('Calls that the console passes on', () => {
  let scene: ConsoleScene;
  const pages = new Map<Person | 'nobody', ConsolePage>();
  const as = (person: Person | 'nobody'): ConsolePage => pages.get(person)!;
  before(async () => {
    scene = await ConsoleScene.start({ console: { METRICS_ENABLED: 'yes', OPERATIONS_PORT: '0' } });
    pages.set('nobody', await scene.page());
    for (const person of persons) pages.set(person, await scene.page(person));
    await scene.putJob('mine');
    await scene.putJob('over', { statusCode: 'finishedSuccessful', catena: { finished: true } });
  });
  after(() => scene.stop());
  beforeEach(() => {
    for (const app of [scene.assembler, scene.archiver]) {
      app.taken.length = 0;
      app.answer = () => ({ body: { items: [] } });
    }
  });
  const audited = 'operations.audit';
  /** §5 of the specification: what each person may do on apps. */
  const mayDo = (person: Person | 'nobody', needs: Permission['action']): boolean =>
    person === 'admin' ||
    (person === 'operator' && needs !== 'parking-lot.edit') ||
    (person === 'viewer' && ['operations.read', audited].includes(needs));

  it('reach an app for whom the table allows, and for nobody else', async () => {
    for (const person of ['nobody', ...persons] as const)
      for (const { method, pattern, needs } of operationsCalls) {
        const before = scene.archiver.taken.length;
        const path = pattern.replace(/:\w+/g, 'x');
        const body = method === 'GET' ? undefined : { reason: 'because' };
        const shown = await as(person).send(method, `/console/api/operations/archiver/${path}`, { body });
        const wanted = person === 'nobody' ? 401 : mayDo(person, needs) ? 200 : 403;
        assert.equal(shown.status, wanted, `${person} ${method} ${pattern}: ${shown.text.slice(0, 200)}`);
        assert.equal(
          scene.archiver.taken.length - before,
          wanted === 200 ? 1 : 0,
          `${person} ${method} ${pattern}`,
        );
        if (wanted !== 403) continue;
        assert.equal(shown.body['code'], 'operations.not-allowed');
        assert.match(String(shown.body['message']), new RegExp(needs.replace('.', '\\.')));
      }
  });

  it('carry the name of the session, and what belongs to the call', async () => {
    scene.archiver.answer = () => ({ status: 201, body: { id: 'new' }, headers: { etag: '"7"' } });
    const shown = await as('operator').send(
      'POST',
      '/console/api/operations/archiver/works/a%2F0%2F1/try-now?x=%2F',
      {
        body: { reason: 'drive is back' },
        headers: {
          ...{ 'idempotency-key': 'the-key-of-a-page', 'if-match': '"6"', authorization: 'Bearer x' },
          ...{ 'catena-acting-for': 'admin', 'catena-acting-groups': 'admin', 'x-forwarded-for': '9.9.9.9' },
        },
      },
    );
    assert.deepEqual([shown.status, shown.body, shown.headers.get('etag')], [201, { id: 'new' }, '"7"']);
    const [{ url, headers, body } = assert.fail('none taken')] = scene.archiver.taken;
    assert.equal(url, '/api/v4/operations/works/a%2F0%2F1/try-now?x=%2F');
    assert.equal(headers.authorization, `Bearer ${scene.archiver.token}`);
    assert.deepEqual(
      ['for', 'via', 'groups', 'from'].map((name) => headers[`catena-acting-${name}`]),
      [people.operator, 'console', undefined, '127.0.0.1'],
    );
    assert.deepEqual(
      [headers['idempotency-key'], headers['if-match'], headers.cookie],
      ['the-key-of-a-page', '"6"', undefined],
    );
    assert.deepEqual(JSON.parse(body), { reason: 'drive is back' });
    // The one call of which an app asks for the groups.
    await as('admin').send('POST', '/console/api/operations/archiver/parking-lot/m/edit', { body: {} });
    assert.match(String(scene.archiver.taken[1]?.headers['catena-acting-groups']), /\badmin\b/);
  });

  it('bring refusals of the app with its status, its code and its name', async () => {
    scene.assembler.answer = () => ({
      status: 409,
      body: { statusCode: 409, code: 'operations.changed-meanwhile', message: 'anna changed it, 02:13.' },
    });
    const limits = '/console/api/operations/job-assembler/limits';
    const shown = await as('operator').send('PUT', limits, { body: { limits: {} } });
    const { traceId, ...fault } = shown.body;
    assert.equal(shown.status, 409);
    assert.deepEqual(fault, {
      code: 'operations.changed-meanwhile',
      message: 'anna changed it, 02:13.',
      app: 'job-assembler',
    });
    assert.match(String(traceId), /^[0-9a-f]{32}$/);
    // A wrong token of the console is no end of the person's session.
    scene.assembler.answer = () => ({ status: 401, body: { message: 'no' } });
    assert.equal((await as('operator').get(limits)).status, 502);
    assert.equal((await as('operator').get('/console/api/session')).status, 200);
  });

  it('are refused when they are in no table, whatever their spelling', async () => {
    const { port, hostname } = new URL(scene.address);
    const { request } = await import('node:http');
    /** As it is written: fetch would make another path of it. */
    const raw = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { cookie: as('admin').cookieHeader };
        request({ hostname, port, path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .once('error', reject)
          .end();
      });
    for (const call of [
      ...['catalogue/users', 'catalogue/users/my/capabilities', 'catalogue/jobs', 'catalogue/jobs/rows/'],
      ...[
        'catalogue/jobs/../users',
        'catalogue/jobs/%2e%2e/users',
        'catalogue/jobs%2frows',
        'catalogue//jobs/rows',
      ],
      ...[
        'catalogue/jobs/..%2f..%2fusers',
        'catalogue/jobs/a%00',
        'catalogue/jobs/%zz',
        'catalogue/',
        'catalogue',
      ],
      ...['operations/archiver/../../session', 'operations/archiver//workers', 'operations/archiver/unknown'],
      ...[
        'operations/archiver/%2e%2e/v3/health',
        'operations/nobody/workers',
        'operations/all/../archiver/workers',
      ],
      ...[
        'operations/all/unknown',
        'operations/archiver',
        'unknown',
        '',
        'jobs/a%2Fb/why',
        'jobs/../session',
      ],
    ]) {
      const status = await raw(`/console/api/${call}`);
      assert.ok([400, 404].includes(status), `${call}: ${status}`);
    }
    assert.equal(await raw('/console/assets/..%2findex.html'), 404);
    assert.equal(await raw('/console/assets/main-ABCD1234.js'), 200);
    assert.deepEqual([scene.archiver.taken, scene.assembler.taken], [[], []]);
    const patch = await as('admin').send('PATCH', '/console/api/catalogue/jobs/mine', { body: {} });
    assert.equal(patch.body['code'], 'console.no-such-call');
  });

  it('take bodies of a megabyte of JSON, and no more', async () => {
    const path = '/console/api/operations/archiver/works/x/try-now';
    const large = await as('operator').send('POST', path, { body: { reason: 'x'.repeat(1024 * 1024) } });
    assert.deepEqual([large.status, scene.archiver.taken.length], [413, 0]);
  });

  it('ask all apps, and name those that do not answer', async () => {
    scene.assembler.answer = () => undefined;
    scene.archiver.answer = () => ({ body: { workers: 2 } });
    const all = await as('viewer').get<FromAllApps<Fields>>('/console/api/operations/all/workers');
    assert.deepEqual(all.body, {
      ...{ answers: [{ app: 'archiver', body: { workers: 2 } }], missing: [], without: ['job-assembler'] },
    });
    scene.archiver.answer = () => ({ status: 503, body: { message: 'the database is away' } });
    const missing = (await as('viewer').get<FromAllApps<Fields>>('/console/api/operations/all/queues')).body
      .missing;
    assert.deepEqual(
      missing.map(({ app, code }) => [app, code]),
      [['archiver', 'source.away']],
    );
    assert.equal((await as('scientist').get('/console/api/operations/all/workers')).status, 403);
  });

  it('show each person the jobs that catalog-api shows this person, with why they wait', async () => {
    const fact = { code: 'limit.target', facts: { limit: 1, holders: 'group9: 1' } };
    scene.assembler.answer = ({ url }) => {
      const ids = new URL(url, 'http://x').searchParams.getAll('jobId');
      return { body: { jobs: Object.fromEntries(ids.map((id) => [id, { known: true, facts: [fact] }])) } };
    };
    scene.archiver.answer = () => ({ status: 500, body: { message: 'broken' } });
    const { body } = await as('scientist').get<ConsoleJobs>('/console/api/jobs?limit=10');
    const [mine, over] = ['mine', 'over'].map((id) => body.items.find((row) => row.id === id));
    assert.equal(mine?.why?.headline?.code, 'limit.target');
    assert.equal(mine?.why?.headline?.facts['holders'], undefined, 'of others');
    assert.deepEqual(
      mine?.why?.missing.map(({ app }) => app),
      ['archiver'],
    );
    assert.equal(over?.why, undefined);
    assert.equal(scene.assembler.taken.length, 1, 'one question for the page');
    assert.deepEqual((await as('stranger').get<ConsoleJobs>('/console/api/jobs')).body.items, []);
    const all = await as('viewer').get<ConsoleJobs>('/console/api/jobs?unfinished=true');
    assert.equal(
      all.body.items.find(({ id }) => id === 'mine')?.why?.headline?.facts['holders'],
      'group9: 1',
    );
    assert.equal((await as('viewer').get('/console/api/jobs?nonsense=1')).status, 400);
  });

  it('tell of a job only whom catalog-api shows it, and ask the apps for nobody else', async () => {
    const entry = { at: '2026-01-01T00:00:00Z', by: 'olga', from: '10.1.2.3', action: 'job.priority' };
    scene.assembler.answer = ({ url }) => {
      if (url.includes('/why')) return { body: { jobs: { mine: { known: true, facts: [] } } } };
      return { body: { items: [url.includes('/audit') ? entry : { id: 'mine/0/1' }], next: 'p2' } };
    };
    for (const call of ['why', 'parts', 'trail']) {
      const denied = await as('stranger').get(`/console/api/jobs/mine/${call}`);
      assert.equal(denied.status, 403, denied.text);
      // SciCat's word for a job that is not there.
      assert.equal((await as('operator').get(`/console/api/jobs/none/${call}`)).status, 400);
      assert.equal((await as('nobody').get(`/console/api/jobs/mine/${call}`)).status, 401);
    }
    assert.deepEqual([scene.archiver.taken, scene.assembler.taken], [[], []]);
    const { known, missing } = (await as('scientist').get<Why>('/console/api/jobs/mine/why')).body;
    // The archiver of this test answers in another form.
    assert.deepEqual(
      [known, missing.map(({ app, code }) => `${app} ${code}`)],
      [true, ['archiver app.refused']],
    );
    const partsPath = '/console/api/jobs/mine/parts?limit=5';
    const parts = await as('scientist').get<Record<'orders' | 'works', Fields>>(partsPath);
    const { next, ...orders } = parts.body.orders;
    assert.deepEqual(orders, { items: [{ id: 'mine/0/1', app: 'job-assembler' }] });
    assert.deepEqual(parts.body.works, { items: [] });
    assert.equal((await as('scientist').get(`${partsPath}&after=${String(next)}`)).status, 200);
    const takenBefore = scene.archiver.taken.length;
    const rest = await as('scientist').get<Record<'orders' | 'works', Fields>>(
      `${partsPath}&after=${String(next)}&only=orders`,
    );
    assert.deepEqual(
      [rest.status, rest.body.works, scene.archiver.taken.length],
      [200, { items: [] }, takenBefore],
    );
    assert.equal((await as('scientist').get(`${partsPath}&only=x`)).body['code'], 'console.bad-request');
    assert.equal((await as('scientist').get(`${partsPath}&after=p2`)).body['code'], 'console.bad-request');
    const asked = scene.assembler.taken.map(({ url }) => url);
    assert.ok(asked.includes('/api/v4/operations/work-orders?jobId=mine&limit=5&after=p2'), asked.join());
    const trailOf = async (person: Person): Promise<Fields[]> =>
      (await as(person).get('/console/api/jobs/mine/trail')).body['items'] as Fields[];
    const { from: _, ...shown } = entry;
    assert.deepEqual(await trailOf('scientist'), [{ ...shown, app: 'job-assembler' }]);
    assert.deepEqual(await trailOf('viewer'), [{ ...entry, app: 'job-assembler' }]);
  });

  it('are forgotten when the browser leaves, which is nobody’s fault', async () => {
    const logged = scene.log.length;
    const { cookieHeader: cookie } = as('operator');
    for (const call of ['operations/archiver/workers', 'operations/all/workers', 'jobs/mine/parts']) {
      const leaving = new AbortController();
      let answered: Promise<void> | undefined;
      scene.archiver.answer = async () => {
        leaving.abort();
        await (answered = sleep(300));
        return { body: { items: [] } };
      };
      await assert.rejects(
        fetch(`${scene.address}/console/api/${call}`, { headers: { cookie }, signal: leaving.signal }),
      );
      await answered;
    }
    scene.archiver.answer = () => ({ body: {} });
    assert.equal((await as('operator').get('/console/api/operations/archiver/app')).status, 200);
    assert.deepEqual(
      scene.log.slice(logged).filter((line) => line.includes('a request failed')),
      [],
    );
  });

  it('go to catalog-api as the person, who gets its own refusals', async () => {
    const cancel = '/console/api/catalogue/jobs/mine/cancel';
    const denied = await as('viewer').send('POST', cancel, { body: { reason: 'wrong run' } });
    assert.deepEqual([denied.status, denied.body['app']], [403, 'catalog-api']);
    const bare = await as('operator').send('POST', cancel, { body: {} });
    assert.deepEqual([bare.status, bare.body['code']], [400, 'operations.reason-missing']);
    const done = await as('operator').send('POST', cancel, { body: { reason: 'wrong run' } });
    assert.equal(done.status, 202, done.text);
    const history = await as('scientist').get('/console/api/catalogue/jobs/mine/history');
    assert.match(history.text, /wrong run/);
    const entry = await scene.catalogue.collection('catena_audit').findOne({ jobId: 'mine' });
    assert.deepEqual([entry?.['by'], entry?.['via']], [people.operator, 'console']);
  });

  it('are counted, on a port of their own', async () => {
    const port = /"port":(\d+)[^\n]*numbers are at/.exec(scene.log.join(''))?.[1];
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(text, /^catena_dependency_up\{dependency="catalogue"\} 1$/m);
    assert.match(text, /^catena_event_streams 0$/m);
    assert.match(text, /^http_server_request_duration_seconds_count\{[^}]*operations/m);
    assert.equal((await as('admin').get('/metrics')).status, 404);
  });

  it('are beside pages that hold nothing, with headers that let nothing else in', async () => {
    const page = await as('nobody').get('/console/jobs/x?status=failed');
    assert.deepEqual([page.status, page.headers.get('cache-control')], [200, 'no-store']);
    const names = [
      'content-security-policy',
      'x-content-type-options',
      'referrer-policy',
      'cross-origin-opener-policy',
    ];
    for (const name of names) assert.ok(page.headers.get(name), name);
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; script-src 'self';/,
    );
    assert.equal((await as('nobody').get('/')).headers.get('location'), '/console');
    const script = await as('nobody').get('/console/assets/main-ABCD1234.js');
    assert.match(script.headers.get('cache-control') ?? '', /immutable/);
    const tag = script.headers.get('etag') ?? '';
    assert.equal(
      (await as('nobody').get('/console/assets/main-ABCD1234.js', { 'if-none-match': tag })).status,
      304,
    );
    assert.match((await as('nobody').get('/console/assets/theme.css')).text, /^:root\{--brand:#0b4f6c\}/);
    const settings = await as('nobody').get('/console/api/settings');
    assert.deepEqual(
      [settings.body['apps'], settings.body['emergency']],
      [['job-assembler', 'archiver'], true],
    );
    const codes = await as('nobody').get<Record<string, { meaning: string }>>('/console/api/codes');
    assert.match(codes.body['console.signed-out']?.meaning ?? '', /Nobody is signed in/);
    assert.equal((await as('nobody').get('/health/ready')).status, 200);
  });
});
