import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connection } from 'mongoose';
import {
  checkedSenderHeader,
  digestOfBody,
  MemoryInbox,
  Naming,
  senderOf,
  type Delivery,
  type WireMessage,
} from '#messaging';
import { MemoryTransport } from '#messaging/testing';
import { SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { ParkingLot, type ParkedMessage } from './parking-lot.js';

const parked: ParkedMessage = {
  _id: 'm:0:0',
  messageId: 'm',
  type: 'archival.cancel-work.v1',
  outcome: 'dead',
  code: 'messaging.malformed',
  reason: 'a test',
  attempts: 0,
  exchange: '',
  routingKey: '',
  headers: {},
  body: '{}',
  encoding: 'utf8',
  parkedAt: new Date(0),
  state: 'parked',
};

interface Change {
  $set: Partial<ParkedMessage>;
  $push?: { decisions: { $each: NonNullable<ParkedMessage['decisions']> } };
}

/** A database with one parked message that understands the calls the parking lot decides with. */
class OneMessage {
  message: ParkedMessage = parked;

  collection(): this {
    return this;
  }

  findOne(filter: { state: string }): Promise<ParkedMessage | null> {
    return Promise.resolve(filter.state === this.message.state ? this.message : null);
  }

  findOneAndUpdate(filter: { state: string }, { $set, $push }: Change): Promise<ParkedMessage | null> {
    if (filter.state !== this.message.state) return Promise.resolve(null);
    const before = this.message;
    this.message = { ...before, ...$set, ...this.noted($push) };
    return Promise.resolve(before);
  }

  updateOne(filter: { state: string }, { $set, $unset, $push }: Change & { $unset?: object }): Promise<void> {
    const kept = Object.entries(this.message).filter(([name]) => !Object.keys($unset ?? {}).includes(name));
    if (filter.state === this.message.state)
      this.message = {
        ...(Object.fromEntries(kept) as unknown as ParkedMessage),
        ...$set,
        ...this.noted($push),
      };
    return Promise.resolve();
  }

  private noted($push: Change['$push']): Pick<ParkedMessage, 'decisions'> | undefined {
    return $push && { decisions: [...(this.message.decisions ?? []), ...$push.decisions.$each] };
  }
}

async function parkingLot(): Promise<{
  lot: ParkingLot;
  database: OneMessage;
  transport: MemoryTransport;
  inbox: MemoryInbox;
}> {
  const naming = new Naming('test');
  const transport = new MemoryTransport(naming.accountOf('archiver'));
  const inboxQueue = naming.inboxOf('archiver');
  await transport.declare({
    exchanges: [{ name: naming.ownOf('archiver'), kind: 'direct' }],
    queues: [{ name: inboxQueue }],
    bindings: [{ queue: inboxQueue, exchange: naming.ownOf('archiver'), key: inboxQueue }],
  });
  const database = new OneMessage();
  const connection = database as unknown as Connection;
  const inbox = new MemoryInbox();
  const logger = createLogger('test', 'silent');
  const lot = new ParkingLot(
    connection,
    transport,
    { app: 'archiver', naming },
    inbox,
    new SystemClock(),
    logger,
  );
  return { lot, database, transport, inbox };
}

describe('A parked message', () => {
  it('is replayed once', async () => {
    const { lot, database } = await parkingLot();
    await lot.replay(parked._id, 'ada');
    assert.equal(database.message.state, 'replayed');
    await assert.rejects(lot.replay(parked._id, 'ada'), { code: 'outbox.not-parked' });
  });

  it('that is discarded counts as handled, so that its emitter stops sending it', async () => {
    const { lot, database, inbox } = await parkingLot();
    await lot.discard(parked._id, 'ada', 'sent by a test');
    assert.equal(database.message.state, 'discarded');
    const body = Buffer.from(parked.body, parked.encoding);
    assert.equal(await inbox.check(parked.messageId, digestOfBody(body)), 'duplicate');
  });

  it("that is a stranger's and is discarded leaves the true one under its id to be handled", async () => {
    for (const code of ['messaging.wrong-sender', 'messaging.wrong-key']) {
      const { lot, database, inbox } = await parkingLot();
      database.message = { ...parked, code, sender: 'test.publisher' };
      await lot.discard(parked._id, 'ada', 'forged');
      assert.equal(database.message.state, 'discarded');
      assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from('the true one'))), 'new');
    }
  });

  it('tells who decided what on it, and why, each time', async () => {
    const { lot, database } = await parkingLot();
    await lot.replay(parked._id, 'ada');
    database.message = { ...database.message, state: 'parked' };
    await lot.discard(parked._id, 'grace', 'sent by a test');
    assert.deepEqual(
      database.message.decisions?.map(({ state, by, reason }) => [state, by, reason]),
      [
        ['replayed', 'ada', 'replay'],
        ['discarded', 'grace', 'sent by a test'],
      ],
    );
  });

  it('stays parked when it cannot be discarded now', async () => {
    const { lot, database, inbox } = await parkingLot();
    const { record } = inbox;
    inbox.record = () => Promise.reject(new Error('away'));
    await assert.rejects(lot.discard(parked._id, 'ada', 'sent by a test'), /away/);
    assert.deepEqual(database.message, parked);
    inbox.record = record;
    await lot.discard(parked._id, 'ada', 'sent by a test');
    await assert.rejects(lot.discard(parked._id, 'ada', 'again'), { code: 'outbox.not-parked' });
  });

  it('stays parked when it cannot be replayed now', async () => {
    const { lot, database, transport } = await parkingLot();
    transport.setConnected(false);
    await assert.rejects(lot.replay(parked._id, 'ada'), { code: 'messaging.not-connected' });
    const { decisions = [], ...message } = database.message;
    assert.deepEqual(message, parked);
    assert.deepEqual(
      decisions.map(({ state, by }) => [state, by]),
      [
        ['replayed', 'ada'],
        ['parked', 'ada'],
      ],
    );
    transport.setConnected(true);
    await lot.replay(parked._id, 'ada');
    assert.equal(database.message.state, 'replayed');
  });

  it('that an earlier version parked with odd headers is replayed without them', async () => {
    const { lot, database, transport } = await parkingLot();
    const odd = { 'x-death': 'broker', waits: Infinity, table: { a: 1 }, note: 'kept' };
    database.message = { ...parked, headers: odd as unknown as ParkedMessage['headers'] };
    const replayed = new Promise<Delivery>((resolve) => {
      void transport.consume(new Naming('test').inboxOf('archiver'), { prefetch: 1 }, (delivery) => {
        resolve(delivery);
        return Promise.resolve('ack');
      });
    });
    await lot.replay(parked._id, 'ada');
    const { headers } = await replayed;
    assert.deepEqual(Object.keys(headers).sort(), ['attempt', checkedSenderHeader, 'note']);
  });

  it('that is replayed keeps its sender, whatever its headers say', async () => {
    const forged = { [checkedSenderHeader]: 'test.job-assembler' };
    for (const [sender, expected] of [
      ['test.publisher', 'test.publisher'],
      ['', ''],
      // Parked by an earlier version, that did not know: the operator vouches for it.
      [undefined, 'test.job-assembler'],
    ] as const) {
      const { lot, database, transport } = await parkingLot();
      database.message = { ...parked, headers: forged, ...(sender === undefined ? {} : { sender }) };
      const replayed = new Promise<Delivery>((resolve) => {
        void transport.consume(new Naming('test').inboxOf('archiver'), { prefetch: 1 }, (delivery) => {
          resolve(delivery);
          return Promise.resolve('ack');
        });
      });
      await lot.replay(parked._id, 'ada');
      assert.equal(senderOf(await replayed, transport.account), expected);
    }
  });
});

describe('Messages that cannot be handled', () => {
  /** Sends messages to the dead letters of an app; gives back under which ids they were parked. */
  async function parkedAs(messages: readonly Partial<WireMessage>[]): Promise<string[]> {
    const naming = new Naming('test');
    const transport = new MemoryTransport(naming.accountOf('archiver'));
    const queue = naming.deadOf('archiver');
    await transport.declare({ exchanges: [], queues: [{ name: queue }], bindings: [] });
    const ids: string[] = [];
    const collection = { updateOne: ({ _id }: { _id: string }) => Promise.resolve(void ids.push(_id)) };
    const lot = new ParkingLot(
      { collection: () => collection } as unknown as Connection,
      transport,
      { app: 'archiver', naming },
      new MemoryInbox(),
      new SystemClock(),
      createLogger('test', 'silent'),
    );
    await lot.start();
    for (const message of messages)
      await transport.publish({
        ...{ exchange: '', routingKey: queue, body: Buffer.from('{}'), contentType: 'application/json' },
        ...{ messageId: '', type: '', timestamp: new Date(0), appId: 'archiver', headers: {} },
        ...message,
      });
    while (ids.length < messages.length) await new Promise(setImmediate);
    await lot.stop();
    return ids;
  }

  it('and have no id, or one and the same, are parked each by itself', async () => {
    const bodies = [Buffer.from('{"a":1}'), Buffer.from('{"a":2}')];
    for (const messageId of ['', 'm']) {
      const ids = await parkedAs(bodies.map((body) => ({ body, messageId })));
      assert.equal(new Set(ids).size, 2, ids.join(' '));
    }
  });

  it('and come from different senders are not taken for one another', async () => {
    const ids = await parkedAs(
      ['test.publisher', 'test.job-assembler'].map((sender) => ({
        ...{ messageId: 'm', headers: { [checkedSenderHeader]: sender } },
      })),
    );
    assert.equal(new Set(ids).size, 2, ids.join(' '));
  });

  it('and are delivered again are parked once', async () => {
    const ids = await parkedAs([{ messageId: 'm' }, { messageId: 'm' }, {}, {}]);
    assert.deepEqual([ids[0] === ids[1], ids[2] === ids[3], ids[0] === ids[2]], [true, true, false]);
  });
});
