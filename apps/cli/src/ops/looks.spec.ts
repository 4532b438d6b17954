import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { waitOrder } from '#console-api';
import { OpsScene, table } from './testing/ops-scene.js';
import { waitTextOf, waitTexts } from './wait-words.js';

const hostile = 'a\u001b[2J\u202egnp.exe\u009b31m\nforged line';
/** All that a terminal would act on, or show in another order. */
const disturbing = /[\p{Cc}\p{Cf}]/u;

describe('What catena ops shows', () => {
  let scene: OpsScene;

  beforeEach(() => {
    scene = new OpsScene();
  });
  afterEach(() => scene.close());

  it('is why a job waits, what to do, who can, and who did not answer', async () => {
    const fact = { code: 'limit.target', since: '2026-11-29T02:00:00Z', facts: { target: 'tape', limit: 4 } };
    await scene.open({
      'job-assembler': table({ 'GET why?jobId=J': { jobs: { J: { known: true, facts: [fact] } } } }),
      'catalog-api': table({ 'GET why?jobId=J': { jobs: { J: { known: true, facts: [] } } } }),
      archiver: undefined,
    });
    const { code, stdout, stderr } = await scene.catena('ops', 'why', 'J');
    assert.equal(code, 4, stderr);
    assert.match(stdout, /^J waits for a slot at its target\n {2}limit.target: target tape, limit 4, since/);
    assert.match(stdout, /what to do {2}.*catena ops limits set.*\(an operator can change that\)/);
    assert.match(stdout, /not known {3}what archiver says of it: it did not answer/);
    const { stdout: document } = await scene.catena('--json', 'ops', 'why', 'J');
    const { jobs, missing } = JSON.parse(document) as {
      jobs: Record<string, { headline: { code: string } }>;
      missing: { app: string }[];
    };
    assert.equal(jobs['J']?.headline.code, 'limit.target');
    assert.deepEqual(
      missing.map(({ app }) => app),
      ['archiver'],
    );
  });

  it('are the jobs that could be read, when the rest of a long list cannot be', async () => {
    const message = 'Add a filter, such as from and to.';
    await scene.open({
      'catalog-api': ({ path }) =>
        path.includes('after=')
          ? { status: 400, body: { message } }
          : path.includes('jobs/rows')
            ? { body: { items: [{ id: 'J', type: 'archive' }], next: 'there', partial: true } }
            : undefined,
    });
    scene.signIn('catalog-api');
    const { code, stdout, stderr } = await scene.catena('ops', 'jobs', '--limit', '300');
    assert.equal(code, 4, stderr);
    assert.match(stdout, /^J +archive/m);
    assert.match(stderr, /1 found so far/);
    assert.match(stderr, /only the jobs down to here could be read: .*Add a filter/);
  });

  it('is that no app has a record of a job', async () => {
    await scene.open({ archiver: table({ 'GET why': { jobs: { J: { known: false, facts: [] } } } }) });
    const { code, stdout } = await scene.catena('ops', 'why', 'J');
    assert.equal(code, 2);
    assert.match(stdout, /is no job that any app has a record of/);
  });

  it('is how all apps are, with what operators have closed', async () => {
    const now = '2026-11-29T02:00:00Z';
    const app = { version: '0.9.0', now, started: now, dependencies: { database: 'up', broker: 'down' } };
    await scene.open({
      archiver: table({
        ...{ 'GET app': app, 'GET outbox': { items: [{ count: 3, oldest: '2026-11-29T01:00:00Z' }] } },
        'GET parking-lot/groups': { items: [{ key: 'a.b', count: 2 }] },
        'GET workers': {
          items: [
            { instance: 'h:1', seenAt: now, mode: 'pause', steered: { by: 'olga', reason: 'drive 3' } },
            { instance: 'h:2', seenAt: '2026-11-29T01:00:00Z', mode: 'run' },
          ],
        },
        'GET shares': [{ name: 'nas', mode: 'drain', steered: { by: 'olga', reason: 'full' } }],
      }),
      publisher: undefined,
    });
    const { code, stdout } = await scene.catena('ops', 'status');
    assert.equal(code, 4);
    assert.match(stdout, /archiver +0\.9\.0 .*broker down .*3, since 2026-11-29T01:00:00Z +2 +1 of 2/);
    assert.match(stdout, /share nas is closed \(drain\) by olga: full/);
    assert.match(stdout, /worker h:1 takes nothing new \(pause\) by olga: drive 3/);
    assert.doesNotMatch(stdout, /worker h:2/);
    assert.match(stdout, /publisher does not answer/);
  });

  it('is the audit of all apps in one order, from all pages', async () => {
    const entry = (minute: number, by: string): object => ({
      ...{ id: `${minute}`, at: `2026-11-29T02:0${minute}:00Z`, by, via: 'cli', action: 'pause.set' },
      ...{ subject: 'all', outcome: 'done', reason: hostile },
    });
    await scene.open({
      archiver: table({
        'GET audit?by=olga&limit=200&after=p2': { items: [entry(1, 'first')] },
        'GET audit?by=olga&limit=200': { items: [entry(5, 'fifth'), entry(3, 'third')], next: 'p2' },
      }),
      publisher: table({ 'GET audit': { items: [entry(4, 'fourth')] } }),
    });
    const { code, stdout } = await scene.catena('ops', 'audit', '--by', 'olga', '--limit', '300');
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(
      lines.slice(1).map((line) => / (\w+) +cli /.exec(line)?.[1]),
      ['fifth', 'fourth', 'third', 'first'],
    );
  });

  it('is a page more where the first one was not enough', async () => {
    const message = (id: string): object => ({
      id,
      type: 't',
      code: 'a.b',
      parkedAt: '2026-11-29T02:00:00Z',
    });
    await scene.open({
      archiver: table({
        'GET parking-lot?state=discarded&jobId=J&limit=99&after=p2': { items: [message('m2')] },
        'GET parking-lot?state=discarded&jobId=J&limit=100': { items: [message('m1')], next: 'p2' },
      }),
    });
    const { stdout } = await scene.catena(...['ops', 'parked', 'list', '--state', 'discarded', '--job', 'J']);
    assert.match(stdout, /archiver\/m1/);
    assert.match(stdout, /archiver\/m2/);
  });

  it('never lets texts of others reach the terminal as they are', async () => {
    const items = [
      { id: hostile, name: hostile, code: hostile, reason: hostile, by: hostile, key: hostile, count: 1 },
    ];
    const told = { code: hostile, facts: { [hostile]: hostile } };
    const all = table({
      ...{ 'GET why': { jobs: { J: { known: true, facts: [told] } } }, 'GET app': { version: hostile } },
      ...{ 'GET parking-lot/M': { reason: hostile, [hostile]: hostile, decisions: [{ by: hostile }] } },
      ...{ 'GET ': { items }, 'POST ': { reason: hostile, notes: [{ text: hostile }] } },
    });
    await scene.open({
      archiver: all,
      publisher: () => ({ status: 409, body: { code: 'x', message: hostile } }),
    });
    for (const words of [
      ...['why J', 'status', 'audit', 'parked list', 'parked groups', 'parked show archiver/M', 'runs list'],
      ...['shares list', 'parked replay archiver/M', 'publications retry D', 'queues'],
    ])
      for (const form of [[], ['--json']]) {
        const { stdout, stderr } = await scene.catena(...form, 'ops', ...words.split(' '));
        assert.ok(`${stdout}${stderr}`.includes('gnp.exe'), `${words}: the text is shown`);
        for (const line of [...stdout.split('\n'), ...stderr.split('\n')]) {
          assert.doesNotMatch(line, disturbing, words);
          assert.doesNotMatch(line, /^forged/, words);
        }
      }
  });

  it('is the progress of what is done to many messages, to its end', async () => {
    let looks = 0;
    const run = (done: number, state: string): object => ({
      ...{ id: 'R', state, done, skipped: 1, failed: 1, left: 3 - done },
      failures: [{ id: 'm7', code: 'a.c', message: 'still broken' }],
    });
    const app = table({
      'GET parking-lot/groups?code=a.b&state=parked': { items: [{ count: 4 }, { count: 1 }] },
    });
    await scene.open({
      archiver: (call) => {
        if (call.path === 'parking-lot/bulk') return { status: 202, body: run(0, 'running') };
        if (call.path !== 'bulk-runs/R') return app(call);
        looks += 1;
        return looks === 1 ? { status: 503, body: { message: 'restarts' } } : { body: run(3, 'finished') };
      },
      publisher: table({ 'GET parking-lot/groups': { items: [] } }),
    });
    const words = ['ops', 'parked', 'bulk', 'replay', '--code', 'a.b', '--reason', 'share is back'];
    const asked = await scene.catena(...words);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /finds 5 messages of archiver: to replay these, say --expected 5/);
    const { code, stdout, stderr } = await scene.catena(...words, '--yes');
    assert.equal(code, 1, 'one failed');
    assert.match(stdout, /3 done, 1 decided by others before, 1 failed, 0 left\narchiver\/m7: still broken/);
    assert.match(stderr, /catena ops runs stop archiver\/R/);
    const started = scene.heard.find(({ method }) => method === 'POST');
    assert.equal((started?.body as { expected: number }).expected, 5);
    assert.equal((await scene.catena('ops', 'parked', 'bulk', 'replay', '--yes')).code, 2, 'no filter');
  });

  it('is jobs as the one who is signed in sees them, also of a page that was cut short', async () => {
    const row = (id: string): object => ({ id, type: 'archive', statusCode: 'x', datasets: { count: 2 } });
    await scene.open({
      'catalog-api': table({
        'GET /api/v4/jobs/rows?group=p1&after=n2': { items: [row('j2')], partial: false },
        'GET /api/v4/jobs/rows?group=p1&limit=50&unfinished=true': {
          ...{ items: [row('j1')], next: 'n2', partial: true },
        },
      }),
    });
    scene.signIn('catalog-api');
    const { code, stdout, stderr } = await scene.catena('ops', 'jobs', '--unfinished', '--group', 'p1');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /j1[^]*j2/);
    assert.equal(scene.heard[0]?.headers.authorization, 'Bearer of-anna');
  });

  it('has words for each wait code, and for no other', () => {
    assert.deepEqual(Object.keys(waitTexts).sort(), [...waitOrder].sort());
    for (const [code, { for: waits, todo }] of Object.entries(waitTexts)) {
      assert.match(waits, /^[a-z].*[^.]$/, code);
      assert.match(todo, /^[A-Z].*[.]$/, code);
    }
    assert.match(waitTextOf('__proto__').for, /no words for/);
    assert.match(waitTextOf('work.unheard-of').for, /no words for/);
  });
});
