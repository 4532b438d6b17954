import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { jobCancelRequestedV1 } from '#contracts';
import { ManualClock, wait } from '#kernel';
import { Naming, topologyOf, type Delivery } from '#messaging';
import { MemoryTransport, until } from '#messaging/testing';
import { createLogger } from '#observability';
import { MemoryOutboxStore } from './memory-outbox-store.js';
import { OutboxRelay, type RelayOptions } from './outbox-relay.js';
import { eventRow, legacyRow, newOutbox, type OutboxRow } from './outbox-row.js';

describe('OutboxRelay', () => {
  const naming = new Naming('test');
  let clock: ManualClock;
  let store: MemoryOutboxStore;
  let transport: MemoryTransport;
  let relay: OutboxRelay;
  let make: (own?: Partial<RelayOptions>) => OutboxRelay;
  let delivered: Delivery[];

  beforeEach(async () => {
    clock = new ManualClock();
    store = new MemoryOutboxStore();
    transport = new MemoryTransport();
    await transport.declare(topologyOf(naming, 'catalog-api', [1000]));
    await transport.declare(topologyOf(naming, 'job-assembler', [1000]));
    delivered = [];
    await transport.consume(naming.inboxOf('job-assembler'), { prefetch: 1 }, (delivery) => {
      delivered.push(delivery);
      return Promise.resolve('ack');
    });
    const options = {
      app: 'catalog-api' as const,
      sweepInterval: 10,
      lease: 1000,
      acceptTimeout: 5000,
      parallel: 2,
      accounts: 'per-app' as const,
    };
    make = (own = {}) =>
      new OutboxRelay(
        { ...options, ...own },
        ...([store, transport, naming, clock, createLogger('relay.spec', 'silent')] as const),
      );
    relay = make();
    await relay.start();
  });
  afterEach(() => relay.stop());

  const event = (): OutboxRow =>
    eventRow(jobCancelRequestedV1, { jobId: 'j', requestedBy: 'b' }, clock.now());
  const push = async (rows: OutboxRow[], id = 'd1'): Promise<void> => {
    await store.push('Job', id, newOutbox(rows, clock.now()));
    relay.wake();
  };

  it('publishes the rows of a document in their order, with the address for the receipt', async () => {
    const rows = [event(), event(), event()];
    await push(rows);
    await until(() => delivered.length === 3);
    assert.deepEqual(
      delivered.map(({ messageId }) => messageId),
      rows.map(({ id }) => id),
    );
    assert.deepEqual(new Set(delivered.map(({ headers }) => headers['outbox'])), new Set(['Job/d1']));
    assert.equal(delivered[0]?.contentType, 'application/cloudevents+json');
  });

  it('sends again, under the same id, what nobody has accepted in time', async () => {
    const row = event();
    await push([row]);
    await until(() => delivered.length === 1);
    clock.advance(7000);
    relay.wake();
    await until(() => delivered.length === 2);
    assert.deepEqual(
      delivered.map(({ messageId }) => messageId),
      [row.id, row.id],
    );
  });

  it('forgets a row when its receipt comes from its consumer, and stays silent afterwards', async () => {
    const row = event();
    await push([row]);
    await until(() => delivered.length === 1);
    const receipt = { messageId: row.id, outbox: 'Job/d1', consumer: 'job-assembler' };
    const body = Buffer.from(JSON.stringify(receipt));
    const properties = {
      contentType: '',
      messageId: 'r',
      type: 'receipt',
      timestamp: clock.now(),
      appId: 'job-assembler',
      headers: {},
    };
    const message = { exchange: naming.receipts, routingKey: 'catalog-api', body, ...properties };
    // Somebody else, who would have the message forgotten.
    await transport.publishAs(naming.accountOf('archiver'), message);
    await transport.publishAs('', message);
    await until(() => transport.isEmpty(naming.receiptsOf('catalog-api')));
    assert.equal((await store.rowsOf('Job', 'd1')).length, 1);
    await transport.publishAs(naming.accountOf('job-assembler'), message);
    await until(async () => (await store.rowsOf('Job', 'd1')).length === 0);
    clock.advance(60_000);
    relay.wake();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(delivered.length, 1);
  });

  describe('of a document that was just written', () => {
    const claimedOf = (id: string, rows: readonly OutboxRow[]) => {
      return { collection: 'Job', documentId: id, rows, claim: relay.carriedUntil() };
    };
    const carry = async (id: string, rows: OutboxRow[], before = () => Promise.resolve()): Promise<void> => {
      const claimed = claimedOf(id, rows);
      await store.push('Job', id, { rows, dueAt: claimed.claim });
      await before();
      relay.carry(claimed);
    };
    const receiptOf = async (id: string, row: OutboxRow): Promise<void> => {
      const receipt = { messageId: row.id, outbox: `Job/${id}`, consumer: 'job-assembler' };
      await transport.publishAs(naming.accountOf('job-assembler'), {
        ...{
          exchange: naming.receipts,
          routingKey: 'catalog-api',
          body: Buffer.from(JSON.stringify(receipt)),
        },
        ...{ contentType: '', messageId: 'r', type: 'receipt', timestamp: clock.now(), headers: {} },
        appId: 'job-assembler',
      });
    };
    let settled: string[];
    beforeEach(() => {
      settled = [];
      const settle = store.settle.bind(store);
      store.settle = (claimed, ...given) => {
        settled.push(claimed.documentId);
        return settle(claimed, ...given);
      };
    });

    it('writes nothing more when its receipt comes at once, and is not due any more', async () => {
      const row = event();
      await carry('d1', [row]);
      await until(() => delivered.length === 1);
      await receiptOf('d1', row);
      await until(async () => (await store.rowsOf('Job', 'd1')).length === 0);
      await wait(600);
      assert.deepEqual([settled, await store.nextDue()], [[], undefined]);
    });

    it('writes nothing more when its receipt is there before the word of the broker', async () => {
      const row = event();
      const publish = transport.publish.bind(transport);
      transport.publish = async (message) => {
        await publish(message);
        if (message.messageId !== row.id) return;
        await receiptOf('d1', row);
        await until(async () => (await store.rowsOf('Job', 'd1')).length === 0);
      };
      await carry('d1', [row]);
      await wait(600);
      assert.deepEqual([settled, await store.nextDue()], [[], undefined]);
    });

    it('says that the broker has it when no receipt comes, or one of another row', async () => {
      const [row, other] = [event(), event()];
      await carry('d1', [row]);
      await until(() => delivered.length === 1);
      await receiptOf('d1', other);
      await until(async () => (await store.rowsOf('Job', 'd1'))[0]?.publishedAt !== undefined);
      assert.deepEqual(await store.nextDue(), new Date(clock.now().getTime() + 5000));
    });

    it('says so at once where more than one receipt is awaited, and when it ends', async () => {
      await carry('two', [event(), event()]);
      await until(() => settled.includes('two'), 400);
      await carry('both', [{ ...event(), awaits: ['job-assembler', 'publisher'] }]);
      await until(() => settled.includes('both'), 400);
      await carry('last', [event()]);
      await until(() => delivered.length === 4);
      const stopping = relay.stop();
      await until(() => settled.includes('last'), 400);
      await stopping;
    });

    it('is due for what another has added while its receipt came', async () => {
      const row = event();
      const dueAt = new Date(clock.now().getTime() + 3000);
      await carry('d1', [row], () => store.push('Job', 'd1', { rows: [event()], dueAt }));
      await until(() => delivered.length === 1);
      await receiptOf('d1', row);
      await until(async () => (await store.rowsOf('Job', 'd1')).length === 1);
      await wait(600);
      assert.deepEqual([settled, await store.nextDue()], [[], dueAt]);
    });
  });

  it('sends what is new though its clock was set back, and nothing under another id when it is set ahead', async () => {
    const [first, second] = [event(), event()];
    await push([first], 'd1');
    await until(() => delivered.length === 1);
    clock.advance(-7_200_000);
    await push([second], 'd2');
    await until(() => delivered.length === 2);
    clock.advance(14_400_000);
    relay.wake();
    await until(() => delivered.length === 4);
    const ids = delivered.map(({ messageId }) => messageId).sort();
    assert.deepEqual(ids, [first.id, first.id, second.id, second.id].sort());
  });

  it('takes away a row that nobody is awaited for any more, and sends it not again', async () => {
    // Two receipts came at once, and the relay that had sent the row died before it let go of the document.
    const row = { ...event(), publishedAt: clock.now(), awaits: [] };
    await push([row]);
    await until(async () => (await store.rowsOf('Job', 'd1')).length === 0);
    assert.deepEqual(delivered, []);
  });

  it('refuses to be started twice', async () => {
    await assert.rejects(relay.start(), { code: 'outbox.started-twice' });
  });

  it('looks rarely while all that is left awaits receipts for long, and at once when it is called', async () => {
    await relay.stop();
    let [claims, looks] = [0, 0];
    const claimDue = store.claimDue.bind(store);
    store.claimDue = (now, lease) => {
      claims += 1;
      return claimDue(now, lease);
    };
    const nextDue = store.nextDue.bind(store);
    store.nextDue = () => {
      looks += 1;
      return nextDue();
    };
    relay = make({ acceptTimeout: 60_000 });
    await relay.start();
    await push([event()]);
    await until(() => delivered.length === 1);
    await wait(200);
    const before = claims;
    looks = 0;
    await wait(300);
    assert.deepEqual([claims - before, looks < 10], [0, true], `${looks} looks`);
    await push([event()], 'd2');
    await until(() => delivered.length === 2);
    // Nobody accepts the first: it is due soon, and every sweep looks for it.
    clock.advance(57_000);
    relay.wake();
    const soon = claims;
    await wait(200);
    assert.ok(claims - soon > 5, `${claims - soon} claims`);
    clock.advance(4000);
    await until(() => delivered.length === 4);
  });

  it('asks nothing of a database that was never reached', async () => {
    await relay.stop();
    const claim = store.claimDue.bind(store);
    let asked = 0;
    store.claimDue = (...given) => {
      asked += 1;
      return claim(...given);
    };
    let reached = (): void => undefined;
    relay = make();
    await relay.start(new Promise<void>((resolve) => (reached = resolve)));
    await push([event()]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asked, 0);
    reached();
    await until(() => delivered.length === 1);
  });

  it('survives rubbish in place of a receipt', async () => {
    const properties = {
      contentType: '',
      messageId: 'r',
      type: 'receipt',
      timestamp: clock.now(),
      appId: 'x',
      headers: {},
    };
    for (const body of ['', 'null', '[]', '{"messageId":1}']) {
      await transport.publish({
        exchange: naming.receipts,
        routingKey: 'catalog-api',
        body: Buffer.from(body),
        ...properties,
      });
    }
    await push([event()]);
    await until(() => delivered.length === 1);
  });

  it('waits while the broker is away and loses nothing', async () => {
    transport.setConnected(false);
    await push([event(), event()]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(delivered.length, 0);
    transport.setConnected(true);
    await until(() => delivered.length === 2);
  });

  it('keeps a row that no queue takes, and those behind it, until there is one', async () => {
    await push([
      legacyRow({ exchange: 'jobs.write', key: 'jobqueue', body: '{"id":1}' }, clock.now()),
      event(),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await store.rowsOf('Job', 'd1')).length, 2);
    await transport.declare({
      exchanges: [],
      queues: [{ name: 'legacy' }],
      bindings: [{ queue: 'legacy', exchange: 'jobs.write', key: 'jobqueue' }],
    });
    clock.advance(2000);
    relay.wake();
    await until(() => delivered.length === 1);
    const bodies: string[] = [];
    await transport.consume('legacy', { prefetch: 1 }, ({ body }) => {
      bodies.push(body.toString());
      return Promise.resolve('ack');
    });
    await until(() => bodies.length === 1);
    assert.deepEqual(bodies, ['{"id":1}'], 'byte for byte');
  });

  it('is one of three that carry the same outboxes: nothing is sent twice, each document in its order', async () => {
    const others = [make(), make()];
    for (const other of others) await other.start();
    const sent = new Map<string, string[]>();
    for (let document = 0; document < 60; document += 1) {
      const rows = Array.from({ length: 5 }, event);
      sent.set(
        `Job/d${document}`,
        rows.map(({ id }) => id),
      );
      await store.push('Job', `d${document}`, newOutbox(rows, clock.now()));
    }
    for (const each of [relay, ...others]) each.wake();
    await until(() => delivered.length >= 300);
    for (const other of others) await other.stop();
    assert.equal(delivered.length, 300);
    for (const [address, ids] of sent)
      assert.deepEqual(
        delivered.filter(({ headers }) => headers['outbox'] === address).map(({ messageId }) => messageId),
        ids,
      );
  });
});
