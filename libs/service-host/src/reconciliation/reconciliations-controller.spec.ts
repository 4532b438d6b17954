import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { AuditTrail, OperatorActions } from '#operations';
import { memoryConnection } from '#operations/testing';
import type { MongoConnection } from '#persistence';
import { memoryCollection } from '#persistence/testing';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';
import { ReconciliationRecords } from './reconciliation-records.js';
import { Reconciliations } from './reconciliations.js';
import { ReconciliationsController } from './reconciliations.controller.js';
import { UnacceptedMessages } from './unaccepted-messages.js';

describe('The calls of a reconciliation', () => {
  const clock = new ManualClock(new Date('2026-01-10T00:00:00Z'));
  const collections = new Map<string, ReturnType<typeof memoryCollection>>();
  const collection = (name: string) => {
    const found = collections.get(name) ?? memoryCollection();
    collections.set(name, found);
    return found;
  };
  const mongo = { connection: { collection } } as unknown as MongoConnection;
  const options = {
    ...{ operationsToken: 'secret', reconcileMinAge: 86_400_000 },
    outboxes: [{ collection: 'jobs', path: 'catena.outbox' }],
  } as unknown as ServiceHostOptions;
  const checks = [new UnacceptedMessages(mongo, options)];
  const reconciliations = new Reconciliations(
    ...([new ReconciliationRecords(mongo), clock, checks, options] as const),
    createLogger('reconciliations.controller', 'silent'),
  );
  const trail = new AuditTrail(memoryConnection(), clock, 86_400_000);
  const actions = new OperatorActions(trail, createLogger('test', 'silent'), 120_000);
  let app: NestFastifyApplication;
  before(async () => {
    const testing = await Test.createTestingModule({
      controllers: [ReconciliationsController],
      // Its rounds are begun by the tests.
      providers: [
        { provide: Reconciliations, useFactory: () => proxied(reconciliations) },
        { provide: SERVICE_HOST_OPTIONS, useValue: options },
        { provide: OperatorActions, useValue: actions },
      ],
    }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
  });
  after(() => app.close());

  async function call(method: 'GET' | 'POST', path: string, payload?: object, token = 'secret') {
    const { statusCode, body } = await app.inject({
      ...{ method, url: `/operations/reconciliations${path}` },
      headers: { authorization: `Bearer ${token}` },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
  }
  const word = { by: 'Ada', reason: 'a look' };

  it('are for those who know the operations token', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/x'],
      ['POST', ''],
    ] as const)
      assert.equal((await call(method, path, method === 'POST' ? word : undefined, 'other')).status, 403);
    assert.equal(await collection('catena_reconciliations').countDocuments({}), 0, 'nothing was begun');
  });

  it('want to know why', async () => {
    for (const body of [{}, { by: 'Ada' }, { ...word, by: ' ' }, { ...word, apply: 'yes' }]) {
      const { status, body: answer } = await call('POST', '', body);
      assert.equal(status, 400, JSON.stringify(answer));
    }
  });

  it('start one run, show it, and name the one under way', async () => {
    const row = (time: string, id: string) => ({ id, time: new Date(time), awaits: ['archiver'] });
    const rows = [row('2026-01-01T00:00:00Z', 'old'), row('2026-01-09T23:00:00Z', 'young')];
    const due = { dueAt: clock.now(), rows };
    await collection('jobs').insertOne({ _id: 'j', catena: { outbox: due } } as never);
    const { status, body } = await call('POST', '', word);
    assert.deepEqual([status, body['state'], body['apply']], [202, 'running', false]);
    const other = await call('POST', '', { by: 'Bob', reason: 'r', apply: true });
    assert.equal(other.status, 409);
    assert.match(String(other.body['message']), /Ada started at 2026-01-10/);
    await reconciliations.round();
    const shown = await call('GET', `/${String(body['id'])}`);
    assert.deepEqual(
      [shown.status, shown.body['state'], shown.body['kinds']],
      [200, 'done', { 'message-unaccepted': 1 }],
    );
    const [found] = shown.body['list'] as { where: string; found: string }[];
    assert.equal(found?.where, 'jobs/j');
    assert.match(found?.found ?? '', /message old /);
    const all = (await call('GET', '')).body as unknown as object[];
    assert.equal(all.length, 1);
    assert.equal((await call('GET', '/nowhere')).status, 404);
  });
});

/** The same without the hooks that begin a loop. */
function proxied(reconciliations: Reconciliations): Partial<Reconciliations> {
  return {
    start: (wanted) => reconciliations.start(wanted),
    state: (id) => reconciliations.state(id),
    findings: (id) => reconciliations.findings(id),
    list: () => reconciliations.list(),
  };
}
