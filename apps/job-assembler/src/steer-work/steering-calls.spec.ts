import 'reflect-metadata';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { AuditTrail } from '#operations';
import { configOf } from '../testing/assembler-config.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { dispatcherOn } from '../testing/dispatching.js';
import { always, routesOf, targetOf } from '../testing/release-rules.js';
import { jobOf, orderOf } from '../testing/samples.js';
import { steeringApp } from '../testing/steering-calls.js';
import { SteeringSweep } from './steering-sweep.js';

const told = { by: 'olga', reason: 'drive 3 is out' };
const logger = createLogger('steering-calls.spec', 'silent');

describe('Operators', () => {
  let assembler: Assembler;
  let clock: ManualClock;
  let app: NestFastifyApplication;
  const routes = routesOf(targetOf('tape'), targetOf('shut', { windows: [always] }));
  const config = configOf({ routes });
  beforeEach(async () => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    app = await steeringApp(assembler, clock, config);
  });
  afterEach(() => app.close());

  async function call(
    line: `${'GET' | 'PUT' | 'POST' | 'DELETE'} ${string}`,
    payload?: object,
    headers: Record<string, string> = {},
  ) {
    const [method, url] = line.split(' ') as ['GET', string];
    const answer = await app.inject({
      ...{ method, url: `/operations/${url}`, headers: { authorization: 'Bearer secret', ...headers } },
      ...(payload === undefined ? {} : { payload }),
    });
    const body = JSON.parse(answer.body) as Record<string, never> & {
      message: string;
      code?: string;
      id: string;
    };
    return { status: answer.statusCode, body, etag: answer.headers['etag'] as string };
  }
  const inMinutes = (count: number): string => new Date(clock.now().getTime() + count * 60_000).toISOString();
  const round = (): Promise<unknown> => {
    clock.advance(60_000);
    return dispatcherOn(assembler, clock, config, logger).round();
  };
  const stateOf = async (id: string): Promise<string | undefined> =>
    (await assembler.store.orders.findOne({ _id: id }))?.state;

  it('without the token of the app are refused', async () =>
    assert.equal((await call('GET limits', undefined, { authorization: 'Bearer other' })).status, 403));

  it('see limits, who has the slots, what waits, and what is closed', async () => {
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { state: 'released', target: 'read:r@tape|shut', readAt: 'tape' }),
      orderOf('j/0/1', { target: 'write:r@tape' }),
    ]);
    const { status, body, etag } = await call('GET limits');
    assert.deepEqual([status, etag], [200, '"0"']);
    assert.deepEqual(body['used'], { global: 1, targets: { 'read:tape': 1 }, groups: { g: 1 } });
    assert.deepEqual(body['planned'], { 'write:r@tape': 1 });
    assert.deepEqual(Object.keys(body['configured']!), [
      ...['global', 'perGroup', 'write:tape', 'read:tape', 'write:shut', 'read:shut'],
    ]);
    assert.deepEqual(Object.keys(body['closed']!), ['shut']);
  });

  it('pause a target: nothing begins there until they end it; both name who was faster', async () => {
    await assembler.store.orders.insertOne(orderOf('j/0/0', { target: 'write:r@tape' }));
    const paused = await call('POST pauses', { scope: 'target:tape', ...told });
    assert.equal(paused.status, 201);
    const again = await call('POST pauses', { scope: 'target:tape', by: 'ben', reason: 'me too' });
    assert.deepEqual([again.status, again.body.code], [409, 'operations.changed-meanwhile']);
    assert.match(again.body.message, /paused by olga since 2026-01-01T00:00:00.000Z: drive 3 is out/);
    await round();
    assert.equal(await stateOf('j/0/0'), 'planned');
    assert.equal(
      (await call(`DELETE pauses/${paused.body.id}`, { by: 'anna', reason: 'it is back' })).status,
      200,
    );
    const late = await call(`DELETE pauses/${paused.body.id}`, told);
    assert.deepEqual([late.status, /by anna/.test(late.body.message)], [409, true]);
    assert.equal((await call('DELETE pauses/none', told)).status, 404);
    await round();
    assert.equal(await stateOf('j/0/0'), 'released');
  });

  it('pause for a while: it ends by itself, before the sweep that removes it', async () => {
    await assembler.store.orders.insertOne(orderOf('j/0/0', { target: 'write:r@tape' }));
    await call('POST pauses', { scope: 'all', until: inMinutes(3), ...told });
    await round();
    assert.equal(await stateOf('j/0/0'), 'planned');
    clock.advance(120_000);
    await round();
    assert.equal(await stateOf('j/0/0'), 'released');
    let woken = 0;
    const dispatcher = { wake: () => (woken += 1) } as never;
    await new SteeringSweep(assembler.steering, assembler.leases, dispatcher, clock, logger).round();
    assert.deepEqual([(await assembler.store.settings.findOne({}))?.pauses, woken], [[], 1]);
  });

  it('change limits within bounds, by what they read, and see who changed them meanwhile', async () => {
    const limits = { 'write:tape': 0 };
    assert.equal((await call('PUT limits', { limits, ...told })).status, 428);
    const first = await call('PUT limits', { limits, ...told }, { 'if-match': '"0"' });
    assert.deepEqual([first.status, first.etag], [200, '"1"']);
    const late = await call('PUT limits', { limits, by: 'ben', reason: 'no drives' }, { 'if-match': '"0"' });
    assert.equal(late.status, 409);
    assert.match(late.body.message, /olga changed limits write:tape at 2026-01-01T00:00:00.000Z/);
    for (const wrong of [
      { 'write:gone': 1 },
      { global: 81 },
      { global: -1 },
      { global: 1.5 },
      { global: '1' },
    ]) {
      const { status, body } = await call('PUT limits', { limits: wrong, ...told }, { 'if-match': '"1"' });
      assert.deepEqual([status, body.code], [400, 'operations.not-possible'], JSON.stringify(wrong));
    }
    await assembler.store.orders.insertOne(orderOf('j/0/0', { target: 'write:r@tape' }));
    await round();
    assert.equal(await stateOf('j/0/0'), 'planned');
    await call('PUT limits', { limits: { 'write:tape': null }, ...told }, { 'if-match': '"1"' });
    await round();
    assert.equal(await stateOf('j/0/0'), 'released');
  });

  it('say who they are, and why, or are refused', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    for (const wrong of [
      { by: 'olga' },
      { by: 'olga', reason: 'no' },
      { by: ' olga', reason: 'a reason' },
      { ...told, more: 1 },
    ]) {
      assert.equal(
        (await call('POST pauses', { scope: 'all', ...wrong })).status,
        400,
        JSON.stringify(wrong),
      );
      assert.equal((await call('PUT jobs/j/priority', { priority: 0, ...wrong })).status, 400);
    }
    for (const scope of ['target', 'target:Tape', 'groups:g', ''])
      assert.equal((await call('POST pauses', { scope, ...told })).status, 400, scope);
    for (const until of ['yesterday', '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z'])
      assert.equal((await call('POST pauses', { scope: 'all', until, ...told })).status, 400, until);
  });

  it('are named in the audit trail with what they did, once for each key, and with what they were refused', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    const headers = { 'catena-acting-for': 'ada', 'catena-acting-via': 'cli', 'idempotency-key': 'key-0001' };
    const body = { scope: 'target:tape', mode: 'drain', reason: 'drive 3 is out' };
    const first = await call('POST pauses', body, headers);
    const again = await call('POST pauses', body, headers);
    assert.deepEqual([first.status, again.status, again.body], [201, 201, first.body], 'a second click');
    assert.deepEqual([first.body['mode'], first.body['left'], first.body['by']], ['drain', 0, 'ada']);
    assert.equal((await call('POST pauses', { ...body, reason: 'other' }, headers)).status, 422);
    await call('POST pauses', { ...body, by: 'ben' });
    await call('PUT jobs/j/priority', { priority: 0, ...told });
    const { items } = await app.get(AuditTrail).list({ limit: 9 });
    assert.deepEqual(
      items.map(({ action, by, via, outcome, jobId }) => [action, by, via, outcome, jobId]).sort(),
      [
        ['job.priority', 'olga', 'token', 'done', 'j'],
        ['pause.set', 'ada', 'cli', 'done', undefined],
        ['pause.set', 'ben', 'token', 'refused', undefined],
      ],
    );
  });

  it('are refused a pause of what is not there, with the names of what is', async () => {
    for (const scope of ['target:tpae', 'route:none']) {
      const answer = await call('POST pauses', { scope, ...told });
      assert.deepEqual([answer.status, answer.body.code], [400, 'operations.not-possible'], scope);
    }
    const wrong = await call('POST pauses', { scope: 'target:tpae', ...told });
    assert.match(wrong.body.message, /tape, shut/);
  });

  it('find every held job, however many there are', async () => {
    const totals = { datasets: 1, bytes: 10 };
    const held = { state: 'running' as const, totals, held: true as const };
    const hold = { by: 'ben', reason: 'all', at: clock.now() };
    await assembler.store.jobs.insertMany(
      Array.from({ length: 201 }, (_, n) => jobOf(`h${n}`, { ...held, hold })),
    );
    await assembler.store.jobs.insertOne(jobOf('z', { state: 'running', totals }));
    const answer = await call('POST pauses', { scope: 'job:z', ...told });
    assert.deepEqual([answer.status, answer.body.id], [201, 'job:z']);
    const { body } = await call('GET limits');
    assert.deepEqual(
      [(body as unknown as { pauses: unknown[] }).pauses.length, body['heldJobs']],
      [200, 202],
    );
  });

  it('hold a job among the pauses: nothing of it begins, and it goes on when they say so', async () => {
    const totals = { datasets: 1, bytes: 10 };
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', totals }));
    await assembler.store.orders.insertMany([orderOf('j/0/0'), orderOf('j/0/1', { state: 'released' })]);
    const held = await call('POST pauses', { scope: 'job:j', mode: 'drain', ...told });
    const { status, body } = held;
    assert.deepEqual([status, body.id, body['left'], body['mode']], [201, 'job:j', 1, 'drain']);
    assert.equal((await call('PUT jobs/j/defer', { until: null, by: 'ben', reason: 'urgent' })).status, 200);
    assert.equal((await call('POST pauses', { scope: 'job:j', by: 'ben', reason: 'me too' })).status, 409);
    assert.equal((await call('POST pauses', { scope: 'job:none', ...told })).status, 404);
    await round();
    assert.equal(await stateOf('j/0/0'), 'planned');
    const { body: limits } = await call('GET limits');
    assert.match(JSON.stringify(limits['pauses']), /"scope":"job:j".*"mode":"drain"/);
    assert.equal((await call('DELETE pauses/job:j', { by: 'ben', reason: 'it may go on' })).status, 200);
    const late = await call('DELETE pauses/job:j', told);
    assert.equal(late.status, 409);
    assert.match(late.body.message, /ben/);
    await round();
    assert.equal(await stateOf('j/0/0'), 'released');
  });

  it('see work orders page by page, and are refused words that are none', async () => {
    await assembler.store.orders.insertMany([orderOf('j/0/0'), orderOf('j/0/1', { state: 'released' })]);
    const { body } = await call('GET work-orders?state=released');
    assert.match(JSON.stringify(body), /"items":\[\{"id":"j\/0\/1"/);
    for (const wrong of ['state=gone', 'colour=red', 'limit=201', 'after=x'])
      assert.equal((await call(`GET work-orders?${wrong}`)).status, 400, wrong);
  });

  it('make a job urgent, and defer it: its work hears of it, and waits with the reason', async () => {
    const totals = { datasets: 1, bytes: 10 };
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', totals }));
    await assembler.store.orders.insertOne(orderOf('j/0/0'));
    const urgent = await call('PUT jobs/j/priority', { priority: 0, ...told }, { 'if-match': '"0"' });
    assert.deepEqual([urgent.status, urgent.body['priority'], urgent.etag], [200, 0, '"1"']);
    const late = await call(
      'PUT jobs/j/defer',
      { until: inMinutes(5), by: 'ben', reason: 'later' },
      { 'if-match': '0' },
    );
    assert.equal(late.status, 409);
    assert.match(late.body.message, /olga changed its priority at/);
    const deferred = await call('PUT jobs/j/defer', { until: inMinutes(5), ...told });
    assert.deepEqual([deferred.status, deferred.body['deferredUntil']], [200, inMinutes(5)]);
    assert.match(JSON.stringify(deferred.body['wait']), /"code":"deferred"/);
    await round();
    assert.equal(await stateOf('j/0/0'), 'planned');
    assert.equal((await assembler.store.orders.findOne({ _id: 'j/0/0' }))?.priority, 0);
    clock.advance(5 * 60_000);
    await round();
    assert.equal(await stateOf('j/0/0'), 'released', 'its time has come');
  });

  it('whose process dies before the work has heard are heard in the next round', async () => {
    await assembler.store.jobs.insertOne(
      jobOf('j', { state: 'running', totals: { datasets: 1, bytes: 10 } }),
    );
    await assembler.store.orders.insertOne(orderOf('j/0/0'));
    const until = new Date(inMinutes(60));
    await assembler.jobs.defer('j', until, { ...told, now: clock.now() });
    await round();
    assert.equal(await stateOf('j/0/0'), 'planned');
    assert.deepEqual((await assembler.store.orders.findOne({ _id: 'j/0/0' }))?.deferredUntil, until);
    assert.deepEqual(await assembler.jobs.toSteer(9), []);
  });

  it('are told that a job is over, is being cancelled, or is not there', async () => {
    await assembler.store.jobs.insertMany([
      jobOf('over', { state: 'finished' }),
      jobOf('ending', { cancelRequested: true }),
    ]);
    const answers = await Promise.all(
      ['over', 'ending', 'none'].map((id) => call(`PUT jobs/${id}/defer`, { until: null, ...told })),
    );
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.code]),
      [
        [400, 'operations.not-possible'],
        [400, 'operations.not-possible'],
        [404, 'operations.not-there'],
      ],
    );
  });

  it('who have read another version than there is are refused, also where nobody has said anything', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    const answer = await call('PUT jobs/j/priority', { priority: 0, ...told }, { 'if-match': '"3"' });
    assert.deepEqual([answer.status, answer.body.code], [409, 'operations.changed-meanwhile']);
    assert.equal(
      (await call('PUT jobs/j/priority', { priority: 0, ...told }, { 'if-match': 'x' })).status,
      400,
    );
  });

  it('see what goes on for a job that waits for nothing: its plan, then its work', async () => {
    const totals = { datasets: 3, bytes: 20 };
    await assembler.store.jobs.insertOne(jobOf('j', { totals, planned: 1 }));
    const goesOn = async () => {
      const { wait } = (await call('GET jobs/j')).body as unknown as {
        wait: { code: string; facts: object }[];
      };
      return wait.map(({ code, facts }) => [code, facts]);
    };
    assert.deepEqual(await goesOn(), [['plan.running', { planned: 1, datasets: 3 }]]);
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'released', share: 0.5 }));
    assert.deepEqual(await goesOn(), [['work.running', { percent: 50, bytesDone: 5, bytesTotal: 10 }]]);
    await assembler.orders.end('j/0/0', { state: 'done' }, clock.now());
    await assembler.jobs.start('j', clock.now());
    assert.deepEqual(await goesOn(), []);
  });

  it('see when a job may end, once there is evidence of how fast its lanes are, for a week', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { bytes: 50 }),
      orderOf('k/0/0', { bytes: 100, share: 0.5, state: 'released', releasedAt: clock.now() }),
    ]);
    clock.advance(3_600_000);
    const { end } = (await call('GET jobs/j')).body as unknown as {
      end: { earliest: string; latest: string };
    };
    assert.deepEqual([end.earliest, end.latest], [inMinutes(60), inMinutes(120)]);
    const isWithoutOutside = async () =>
      JSON.stringify((await call('GET jobs/j')).body['end']).includes('others operate is left out');
    assert.equal(await isWithoutOutside(), false);
    await assembler.store.orders.insertOne(orderOf('j/0/1', { state: 'done', outsideTargets: ['cloud'] }));
    assert.equal(await isWithoutOutside(), true, 'its copy outside is to follow');
    await assembler.store.orders.deleteMany({ _id: 'j/0/1' });
    await assembler.orders.end('k/0/0', { state: 'done' }, clock.now());
    assert.match(JSON.stringify((await call('GET jobs/j')).body['end']), new RegExp(inMinutes(30)));
    clock.advance(2 * 3_600_000);
    assert.match(JSON.stringify((await call('GET jobs/j')).body['end']), new RegExp(inMinutes(30)));
    clock.advance(7 * 86_400_000);
    assert.equal('end' in (await call('GET jobs/j')).body, false);
  });
});
