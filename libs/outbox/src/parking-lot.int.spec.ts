import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId, SystemClock } from '#kernel';
import { MemoryInbox, Naming } from '#messaging';
import { MemoryTransport, until } from '#messaging/testing';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { ParkingLot, type ParkedMessage } from './parking-lot.js';

describe('A parked message in the database', () => {
  const logger = createLogger('parking-lot.int.spec', 'silent');
  const naming = new Naming('test');
  const transport = new MemoryTransport(naming.accountOf('archiver'));
  let mongo: MongoConnection;
  let lot: ParkingLot;

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
    lot = new ParkingLot(
      connection,
      transport,
      { app: 'archiver', naming },
      new MemoryInbox(),
      new SystemClock(),
      logger,
    );
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
    await lot.replay((await only())!._id, 'ada');
    assert.equal((await only())?.decision?.by, 'ada');
    await dies();
    await until(async () => (await only())?.state === 'parked');
    const { decision, decisions = [] } = (await only())!;
    assert.equal(decision, undefined);
    assert.deepEqual(
      decisions.map(({ by, state }) => [by, state]),
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
});
