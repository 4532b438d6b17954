import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Collection, Connection } from 'mongoose';
import { checkedSenderHeader, digestOfBody, MemoryInbox, Naming, senderOf, type Delivery } from '#messaging';
import { MemoryTransport } from '#messaging/testing';
import { newId, SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { memoryCollection } from '#persistence/testing';
import { ParkedBulk } from './parked-bulk.js';
import { ParkedDecisions } from './parked-decisions.js';
import type { ParkedLists } from './parked-lists.js';
import type { ParkedMessage, ParkingWord } from './parked-message.js';

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

/** A database with one parked message. */
class OneMessage {
  readonly messages = memoryCollection<ParkedMessage>();

  collection(): Collection<ParkedMessage> {
    return this.messages;
  }

  async message(): Promise<ParkedMessage> {
    return (await this.messages.findOne({ _id: parked._id }))!;
  }

  async put(message: Partial<ParkedMessage>): Promise<void> {
    await this.messages.deleteOne({ _id: parked._id });
    await this.messages.insertOne({ ...parked, ...message });
  }
}

const word = (by: string, reason = 'a test'): ParkingWord => ({ by, reason, id: newId() });

async function parkingLot(): Promise<{
  lot: ParkedDecisions;
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
  await database.put({});
  const connection = database as unknown as Connection;
  const inbox = new MemoryInbox();
  const logger = createLogger('test', 'silent');
  const lot = new ParkedDecisions(
    connection,
    transport,
    { app: 'archiver', naming },
    inbox,
    new SystemClock(),
    logger,
    30_000,
  );
  return { lot, database, transport, inbox };
}

describe('A parked message', () => {
  it('is replayed once', async () => {
    const { lot, database } = await parkingLot();
    await lot.replay(parked._id, word('ada'));
    assert.equal((await database.message()).state, 'replayed');
    await assert.rejects(lot.replay(parked._id, word('ada')), { code: 'operations.changed-meanwhile' });
  });

  it('that is discarded counts as handled, so that its emitter stops sending it', async () => {
    const { lot, database, inbox } = await parkingLot();
    await lot.discard(parked._id, word('ada', 'sent by a test'));
    assert.equal((await database.message()).state, 'discarded');
    const body = Buffer.from(parked.body, parked.encoding);
    assert.equal(await inbox.check(parked.messageId, digestOfBody(body)), 'duplicate');
  });

  it("that is a stranger's and is discarded leaves the true one under its id to be handled", async () => {
    for (const code of ['messaging.wrong-sender', 'messaging.wrong-key']) {
      const { lot, database, inbox } = await parkingLot();
      await database.put({ code, sender: 'test.publisher' });
      await lot.discard(parked._id, word('ada', 'forged'));
      assert.equal((await database.message()).state, 'discarded');
      assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from('the true one'))), 'new');
    }
  });

  it('tells who decided what on it, and why, each time', async () => {
    const { lot, database } = await parkingLot();
    await lot.replay(parked._id, word('ada', 'replay'));
    await database.put({ ...(await database.message()), state: 'parked' });
    await lot.discard(parked._id, word('grace', 'sent by a test'));
    assert.deepEqual(
      (await database.message()).decisions?.map(({ state, by, reason }) => [state, by, reason]),
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
    await assert.rejects(lot.discard(parked._id, word('ada', 'sent by a test')), /away/);
    const { decisions = [], ...message } = await database.message();
    assert.deepEqual(message, parked);
    assert.deepEqual(
      decisions.map(({ state }) => state),
      ['discarded', 'parked'],
    );
    inbox.record = record;
    await lot.discard(parked._id, word('ada', 'sent by a test'));
    await assert.rejects(lot.discard(parked._id, word('ada', 'again')), {
      code: 'operations.changed-meanwhile',
    });
  });

  it('stays parked when it cannot be replayed now', async () => {
    const { lot, database, transport } = await parkingLot();
    transport.setConnected(false);
    await assert.rejects(lot.replay(parked._id, word('ada')), { code: 'messaging.not-connected' });
    const { decisions = [], ...message } = await database.message();
    assert.deepEqual(message, parked);
    assert.deepEqual(
      decisions.map(({ state, by }) => [state, by]),
      [
        ['replayed', 'ada'],
        ['parked', 'ada'],
      ],
    );
    transport.setConnected(true);
    await lot.replay(parked._id, word('ada'));
    assert.equal((await database.message()).state, 'replayed');
  });

  it('that could not be replayed was not, for whoever asks, until the same call does it', async () => {
    const { lot, transport } = await parkingLot();
    const said = word('ada');
    transport.setConnected(false);
    await assert.rejects(lot.replay(parked._id, said));
    assert.equal(await lot.decidedBy(parked._id, said.id), undefined);
    transport.setConnected(true);
    await lot.replay(parked._id, said);
    assert.equal((await lot.decidedBy(parked._id, said.id))?.state, 'replayed');
    await lot.replay(parked._id, said);
    const looks = await transport.look([new Naming('test').inboxOf('archiver')]);
    assert.deepEqual([...looks.values()], [{ messages: 1, consumers: 0 }], 'the same call sends once');
  });

  it('is sent once by a bulk run whose broker goes away and comes back', async () => {
    const { lot, database, transport } = await parkingLot();
    const bulk = new ParkedBulk('replay', {} as ParkedLists, lot);
    const said = { by: 'ada', via: 'cli' as const, reason: 'a test', entry: newId(), run: 'run' };
    transport.setConnected(false);
    await assert.rejects(bulk.act(parked._id, said), { code: 'messaging.not-connected' });
    transport.setConnected(true);
    assert.equal(await bulk.act(parked._id, said), true);
    assert.equal((await database.message()).state, 'replayed');
    assert.equal(await bulk.act(parked._id, said), true, 'done before');
    const looks = await transport.look([new Naming('test').inboxOf('archiver')]);
    assert.deepEqual([...looks.values()], [{ messages: 1, consumers: 0 }]);
  });

  it('whose discard reached the inbox and failed then is handled when it is replayed', async () => {
    const { lot, database, inbox } = await parkingLot();
    const record = inbox.record.bind(inbox);
    inbox.record = async (...given) => {
      await record(...given);
      throw new Error('away');
    };
    await assert.rejects(lot.discard(parked._id, word('ada')), /away/);
    assert.equal((await database.message()).state, 'parked');
    assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from(parked.body))), 'new');
    inbox.forgetDiscarded = () => Promise.reject(new Error('away'));
    const { pending, state } = await lot.discard(parked._id, word('ada'));
    assert.deepEqual([pending !== undefined, state], [true, 'discarded'], 'left to a sweep');
  });

  it('that an earlier version parked with odd headers is replayed without them', async () => {
    const { lot, database, transport } = await parkingLot();
    const odd = { 'x-death': 'broker', waits: Infinity, table: { a: 1 }, note: 'kept' };
    await database.put({ headers: odd as unknown as ParkedMessage['headers'] });
    const replayed = new Promise<Delivery>((resolve) => {
      void transport.consume(new Naming('test').inboxOf('archiver'), { prefetch: 1 }, (delivery) => {
        resolve(delivery);
        return Promise.resolve('ack');
      });
    });
    await lot.replay(parked._id, word('ada'));
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
      await database.put({ headers: forged, ...(sender === undefined ? {} : { sender }) });
      const replayed = new Promise<Delivery>((resolve) => {
        void transport.consume(new Naming('test').inboxOf('archiver'), { prefetch: 1 }, (delivery) => {
          resolve(delivery);
          return Promise.resolve('ack');
        });
      });
      await lot.replay(parked._id, word('ada'));
      assert.equal(senderOf(await replayed, transport.account), expected);
    }
  });

  it('that another operator has decided on is left, and the refusal names who, when and why', async () => {
    const { lot } = await parkingLot();
    await lot.replay(parked._id, word('ada', 'share is back'));
    await assert.rejects(
      lot.discard(parked._id, word('grace')),
      /already replayed by ada at .*: share is back/,
    );
    await assert.rejects(lot.replay('unknown', word('ada')), { code: 'operations.not-there' });
  });

  it('that is replayed meanwhile and not discarded is handled: the inbox was told nothing', async () => {
    const { lot, inbox } = await parkingLot();
    const before = inbox.record.bind(inbox);
    await lot.replay(parked._id, word('ada'));
    await assert.rejects(lot.discard(parked._id, word('grace')));
    inbox.record = before;
    assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from(parked.body))), 'new');
  });

  it('that was discarded is restored and replayed, and is handled then', async () => {
    const { lot, database, inbox, transport } = await parkingLot();
    await lot.discard(parked._id, word('ada'));
    await assert.rejects(lot.replay(parked._id, word('ada')), { code: 'operations.changed-meanwhile' });
    await lot.restore(parked._id, word('grace', 'a mistake'));
    assert.equal((await database.message()).decision, undefined, 'it does not expire');
    assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from(parked.body))), 'new');
    await lot.replay(parked._id, word('grace'));
    const looks = await transport.look([new Naming('test').inboxOf('archiver')]);
    assert.deepEqual([...looks.values()], [{ messages: 1, consumers: 0 }]);
    await assert.rejects(lot.restore(parked._id, word('ada')), { code: 'operations.changed-meanwhile' });
  });

  it('that was handled before it was discarded stays handled when it is restored', async () => {
    const { lot, inbox } = await parkingLot();
    await inbox.record(parked.messageId, parked.type, digestOfBody(Buffer.from(parked.body)));
    await lot.discard(parked._id, word('ada'));
    await lot.restore(parked._id, word('grace'));
    assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from(parked.body))), 'duplicate');
  });

  it('that another operator discards anew while it is restored stays discarded, and handled for the inbox', async () => {
    const { lot, database, inbox } = await parkingLot();
    await lot.discard(parked._id, word('ada'));
    const forget = inbox.forgetDiscarded.bind(inbox);
    inbox.forgetDiscarded = async (...given) => {
      await forget(...given);
      inbox.forgetDiscarded = forget;
      await lot.restore(parked._id, word('grace'));
      await new Promise((resolve) => setTimeout(resolve, 2));
      await lot.discard(parked._id, word('grace'));
    };
    await assert.rejects(lot.restore(parked._id, word('ada')), { code: 'operations.changed-meanwhile' });
    assert.equal((await database.message()).state, 'discarded');
    assert.equal(await inbox.check(parked.messageId, digestOfBody(Buffer.from(parked.body))), 'duplicate');
  });

  it('of which two copies were parked is handled again when one is restored and replayed, though both were discarded', async () => {
    const { lot, database, inbox } = await parkingLot();
    await database.messages.insertOne({ ...parked, _id: 'm:1:1' });
    for (const id of [parked._id, 'm:1:1']) await lot.discard(id, word('ada'));
    await lot.restore(parked._id, word('grace'));
    const digest = digestOfBody(Buffer.from(parked.body));
    assert.equal(await inbox.check(parked.messageId, digest), 'duplicate', 'the other copy is discarded');
    await lot.replay(parked._id, word('grace'));
    assert.equal(await inbox.check(parked.messageId, digest), 'new');
  });

  it('that is restored twice by one call was restored, and is parked from then on', async () => {
    const { lot, database } = await parkingLot();
    await lot.discard(parked._id, word('ada'));
    const restoring = word('grace');
    await lot.restore(parked._id, restoring);
    assert.equal((await lot.restore(parked._id, restoring)).state, 'parked');
    assert.ok((await database.message()).parkedAt > parked.parkedAt);
    await assert.rejects(lot.restore(parked._id, word('ada')), { code: 'operations.changed-meanwhile' });
  });

  it('that was decided on by a process that died is carried out by a sweep, once it is late', async () => {
    for (const [state, expected] of [
      ['replayed', { messages: 1, digest: 'new' }],
      ['discarded', { messages: 0, digest: 'duplicate' }],
    ] as const) {
      const { lot, database, inbox, transport } = await parkingLot();
      const decision = { by: 'ada', at: new Date(), reason: 'a test', id: newId() };
      await database.put({ state, decision, pending: { since: new Date() } });
      await lot.settlePending();
      assert.notEqual((await database.message()).pending, undefined, 'its process may still be at it');
      await database.put({ state, decision, pending: { since: new Date(Date.now() - 60_000) } });
      await lot.settlePending();
      await lot.settlePending();
      assert.equal((await database.message()).pending, undefined);
      const [look] = (await transport.look([new Naming('test').inboxOf('archiver')])).values();
      assert.equal(look?.messages, expected.messages);
      assert.equal(
        await inbox.check(parked.messageId, digestOfBody(Buffer.from(parked.body))),
        expected.digest,
      );
    }
  });

  it('keeps what people say of it', async () => {
    const { lot, database } = await parkingLot();
    await lot.note(parked._id, 'the share was full', word('ada'));
    const [note] = (await database.message()).notes ?? [];
    assert.deepEqual([note?.by, note?.text], ['ada', 'the share was full']);
    await assert.rejects(lot.note('unknown', 'x', word('ada')), { code: 'operations.not-there' });
  });

  it('is sent with other data under an id of its own, and counts as handled itself', async () => {
    const { lot, database, inbox, transport } = await parkingLot();
    const data = { workOrderId: 'j/0/0', jobId: 'j' };
    const body = JSON.stringify({ specversion: '1.0', id: 'm', type: parked.type, data: { workOrderId: 1 } });
    await database.put({ body });
    await assert.rejects(lot.edit(parked._id, { workOrderId: 1 }, word('ada')), {
      code: 'operations.not-possible',
    });
    assert.equal((await database.message()).state, 'parked', 'what its contract refuses is not sent');
    await lot.edit(parked._id, data, word('ada'));
    const sent = await new Promise<Delivery>((resolve) => {
      void transport.consume(new Naming('test').inboxOf('archiver'), { prefetch: 1 }, (delivery) => {
        resolve(delivery);
        return Promise.resolve('ack');
      });
    });
    const envelope = JSON.parse(sent.body.toString()) as Record<string, unknown>;
    assert.equal(envelope['id'], sent.messageId);
    assert.notEqual(sent.messageId, 'm');
    assert.deepEqual([envelope['causationid'], envelope['data'], envelope['type']], ['m', data, parked.type]);
    assert.equal(await inbox.check('m', digestOfBody(Buffer.from(body))), 'duplicate');
    assert.equal((await database.message()).state, 'edited');
  });
});
