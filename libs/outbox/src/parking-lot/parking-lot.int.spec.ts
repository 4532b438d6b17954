import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId, SystemClock } from '#kernel';
import { MemoryInbox, Naming } from '#messaging';
import { MemoryTransport, until } from '#messaging/testing';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { ParkedDecisions } from './parked-decisions.js';
import { ParkedLists } from './parked-lists.js';
import type { ParkedMessage } from './parked-message.js';
import { ParkingLot } from './parking-lot.js';

describe('A parked message in the database', () => {
  const logger = createLogger('parking-lot.int.spec', 'silent');
  const naming = new Naming('test');
  const transport = new MemoryTransport(naming.accountOf('archiver'));
  let mongo: MongoConnection;
  let lot: ParkingLot;
  let decisions: ParkedDecisions;
  let lists: ParkedLists;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/parking-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    const [inbox, dead] = [naming.inboxOf('archiver'), naming.deadOf('archiver')];
    const own = naming.ownOf('archiver');
    await transport.declare({
      exchanges: [{ name: own, kind: 'direct' }],
      queues: [{ name: inbox }, { name: dead }],
      bindings: [{ queue: inbox, exchange: own, key: inbox }],
    });
    const { connection } = mongo;
    await connection.asPromise();
    const clock = new SystemClock();
    lot = new ParkingLot(connection, transport, { app: 'archiver', naming }, clock, logger);
    const address = { app: 'archiver' as const, naming };
    decisions = new ParkedDecisions(connection, transport, address, new MemoryInbox(), clock, logger, 30_000);
    lists = new ParkedLists(connection);
    await lot.createIndexes();
    await lot.start();
  });
  after(async () => {
    await lot.stop();
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  const messages = () => mongo.connection.collection<ParkedMessage>('catena_parking_lot');
  const only = async (): Promise<ParkedMessage | undefined> => (await messages().find().toArray())[0];
  const dies = (): Promise<void> =>
    transport.publish({
      ...{ exchange: '', routingKey: naming.deadOf('archiver'), body: Buffer.from('{}') },
      ...{ contentType: 'application/json', messageId: 'm', type: 't', timestamp: new Date(0) },
      ...{ appId: 'archiver', headers: {} },
    });

  it('that comes back after a replay is undecided again, and does not expire by what was decided before', async () => {
    await dies();
    await until(async () => (await only())?.state === 'parked');
    await decisions.replay((await only())!._id, { by: 'ada', reason: 'replay', id: newId() });
    assert.equal((await only())?.decision?.by, 'ada');
    await dies();
    await until(async () => (await only())?.state === 'parked');
    const { decision, decisions: list = [] } = (await only())!;
    assert.equal(decision, undefined);
    assert.deepEqual(
      list.map(({ by, state }) => [by, state]),
      [['ada', 'replayed']],
      'the list keeps it',
    );
  });

  it('that an earlier version left with an old decision loses it, one that was decided on keeps it', async () => {
    const decision = { by: 'ada', at: new Date(), reason: 'replay' };
    await messages().deleteMany({});
    await messages().insertMany(
      (['parked', 'replayed', 'discarded'] as const).map(
        (state) => ({ _id: state, state, decision, parkedAt: new Date() }) as ParkedMessage,
      ),
    );
    await lot.createIndexes();
    const left = await messages()
      .find({ decision: { $exists: true } })
      .sort({ _id: 1 })
      .toArray();
    assert.deepEqual(
      left.map(({ state }) => state),
      ['discarded', 'replayed'],
    );
  });

  it('is found page by page, by what it is, by group and by its job', async () => {
    await messages().deleteMany({});
    const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1 + (minute % 2), 12, minute));
    await messages().insertMany(
      Array.from({ length: 25 }, (_, n): ParkedMessage => {
        const [state, code] = n < 20 ? (['parked', `c${n % 3}`] as const) : (['replayed', 'c0'] as const);
        const same = { outcome: 'dead', reason: 'r', attempts: 0, exchange: '', routingKey: '', headers: {} };
        // Several of the same moment: a page must not lose or repeat one.
        const parkedAt = at(n < 10 ? 0 : n);
        return {
          _id: `m${n}`,
          messageId: `m${n}`,
          type: 't',
          body: 'long',
          encoding: 'utf8',
          ...same,
          state,
          code,
          parkedAt,
        };
      }),
    );
    await messages().updateMany({ code: 'c1' }, { $set: { jobId: 'j1' } });
    const seen: string[] = [];
    for (let after: string | undefined, n = 0; n < 10; n += 1) {
      const { items, next } = await lists.page({ state: 'parked' }, after, 3);
      assert.ok(items.every((item) => !('body' in item)));
      seen.push(...items.map(({ _id }) => _id));
      if ((after = next) === undefined) break;
    }
    assert.equal(seen.length, 20);
    assert.equal(new Set(seen).size, 20);
    const oldestFirst: string[] = [];
    for (let place: string | undefined; ;) {
      const found = await lists.next({ state: 'parked' }, place, 7);
      if (found.length === 0) break;
      oldestFirst.push(...found.map(({ id }) => id));
      place = found.at(-1)!.place;
    }
    assert.deepEqual(oldestFirst, [...seen].reverse());
    const groups = await lists.groups({ state: 'parked' }, 'code');
    assert.deepEqual(
      groups.map(({ key, count }) => [key, count]),
      [
        ['c0', 7],
        ['c1', 7],
        ['c2', 6],
      ],
    );
    const days = await lists.groups({ state: 'parked' }, 'day');
    assert.deepEqual(days.map(({ key }) => key).sort(), ['2026-01-01', '2026-01-02']);
    assert.equal(await lists.count({ state: 'parked', code: 'c2' }), 6);
    const [ofJob] = await lists.ofJobs(['j1', 'other']);
    assert.deepEqual([ofJob?.jobId, ofJob?.code, ofJob?.count], ['j1', 'c1', 7]);
    assert.ok(ofJob?.first instanceof Date);
  });

  it('of an earlier version is found by its job after a start', async () => {
    await messages().deleteMany({});
    const body = JSON.stringify({ data: { jobId: 'j2' } });
    await messages().insertOne({ _id: 'old', state: 'parked', body, parkedAt: new Date() } as ParkedMessage);
    await lot.createIndexes();
    assert.equal((await lists.ofJobs(['j2'])).length, 1);
  });
});
