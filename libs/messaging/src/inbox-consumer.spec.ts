import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { copyAcceptedV1, jobCancelRequestedV1, type Envelope } from '#contracts';
import { newId, PermanentError, recogniseAway, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { InboxConsumer, type Handler } from './inbox-consumer.js';
import { MemoryInbox } from './inbox.js';
import { currentContext } from './message-context.js';
import type { Delivery, WireMessage } from './message-transport.js';
import { Naming } from './naming.js';
import { done, type Outcome } from './outcome.js';
import { outboxHeader } from './receipt.js';
import { checkedSenderHeader, wrongSender } from './senders.js';
import { MemoryTransport } from './testing/memory-transport.js';
import { until } from './testing/message-transport.conformance.js';
import { topologyOf } from './topology.js';
import { wireMessageOf } from './wire-message.js';

const naming = new Naming('test');
const type = jobCancelRequestedV1.type;

describe('InboxConsumer', () => {
  let transport: MemoryTransport;
  let inbox: MemoryInbox;
  let handled: Envelope<object>[];
  let answer: () => Promise<Outcome>;

  const handler: Handler = (message) => {
    handled.push(message);
    return answer();
  };
  const options = {
    app: 'job-assembler' as const,
    naming,
    retryDelays: [30, 60],
    messageLimit: 10_000,
    accounts: 'per-app' as const,
  };

  beforeEach(async () => {
    transport = new MemoryTransport(naming.accountOf('job-assembler'));
    inbox = new MemoryInbox();
    handled = [];
    answer = () => Promise.resolve(done);
    await transport.declare(topologyOf(naming, 'job-assembler', [30, 60]));
    await transport.declare(topologyOf(naming, 'catalog-api', [30, 60]));
    const consumer = new InboxConsumer(
      options,
      transport,
      inbox,
      new Map([
        [type, handler],
        [copyAcceptedV1.type, handler],
      ]),
      createLogger('spec', 'silent'),
    );
    await transport.consume(naming.inboxOf('job-assembler'), { prefetch: 8 }, (delivery) =>
      consumer.receive(delivery),
    );
  });

  const emitter = naming.accountOf('catalog-api');
  const publish = async (
    id = newId(),
    requestedBy = 'ada',
    account = emitter,
    headers: Record<string, string | number> = {},
    changes: Partial<WireMessage> = {},
  ): Promise<string> => {
    const message = {
      specversion: '1.0',
      id,
      source: '/catena/catalog-api',
      type,
      subject: 'j',
      time: '2026-01-01T00:00:00Z',
      datacontenttype: 'application/json',
      sequence: 1,
      partitionkey: 'j',
      data: { jobId: 'j', requestedBy },
    } as const;
    const wire = wireMessageOf(naming, message, { [outboxHeader]: 'Job/j', ...headers });
    await transport.publishAs(account, { ...wire, ...changes });
    return id;
  };
  const collect = async (queue: string): Promise<Delivery[]> => {
    const deliveries: Delivery[] = [];
    await transport.consume(queue, { prefetch: 8 }, (delivery) => {
      deliveries.push(delivery);
      return Promise.resolve('ack');
    });
    return deliveries;
  };

  it('runs the handler once however often the message comes, and gives a receipt each time', async () => {
    const receipts = await collect(naming.receiptsOf('catalog-api'));
    const id = await publish();
    await until(() => receipts.length === 1);
    await publish(id);
    await publish(id);
    await until(() => receipts.length === 3);
    assert.equal(handled.length, 1);
    assert.deepEqual(JSON.parse(receipts[0]!.body.toString()), {
      messageId: id,
      outbox: 'Job/j',
      consumer: 'job-assembler',
    });
  });

  it('runs the handler for a few of a hundred deliveries at three processes, and answers each of them', async () => {
    for (let process = 2; process <= 3; process += 1) {
      const another = new InboxConsumer(
        options,
        transport,
        inbox,
        new Map([[type, handler]]),
        createLogger('spec', 'silent'),
      );
      await transport.consume(naming.inboxOf('job-assembler'), { prefetch: 8 }, (delivery) =>
        another.receive(delivery),
      );
    }
    const [receipts, dead] = [
      await collect(naming.receiptsOf('catalog-api')),
      await collect(naming.deadOf('job-assembler')),
    ];
    const id = newId();
    await Promise.all(Array.from({ length: 100 }, () => publish(id)));
    await until(() => receipts.length === 100);
    assert.equal(dead.length, 0);
    // Those that were under way before the first was recorded: handlers make them harmless.
    assert.ok(handled.length <= 3 * 8, `handled ${handled.length} times`);
    const before = handled.length;
    await publish(id);
    await until(() => receipts.length === 101);
    assert.equal(handled.length, before);
  });

  it('runs the handler again when it crashed before it was recorded', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    let crashes = 1;
    answer = () => (crashes-- > 0 ? Promise.reject(new Error('crash')) : Promise.resolve(done));
    await publish();
    await until(() => handled.length === 2);
    assert.equal(dead.length, 0);
  });

  it('parks the same id with another content', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    const id = await publish();
    await until(() => handled.length === 1);
    await publish(id, 'mallory');
    await until(() => dead.length === 1);
    assert.equal(dead[0]?.headers['code'], 'messaging.id-conflict');
  });

  it('tries a transient fault once a tier, then gives up with code and reason', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    answer = () => Promise.reject(new TransientError('test.away', 'The other side is away.'));
    await publish();
    await until(() => dead.length === 1);
    assert.equal(handled.length, 3);
    const { headers, type: kept } = dead[0]!;
    assert.deepEqual(
      [headers['code'], headers['reason'], headers['attempt'], kept],
      ['test.away', 'The other side is away.', 2, type],
    );
    assert.deepEqual([headers['origin-exchange'], headers['origin-key']], ['test.catalog', type]);
  });

  it('waits for a service that is away as long as it takes, and counts no attempt', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    let away = 8;
    // A client of its own says how its service looks while it is away, as libs/persistence does for the database.
    recogniseAway(({ name }) => name === 'NoServerError');
    const database = Object.assign(new Error('connect ECONNREFUSED'), { name: 'NoServerError' });
    const objects = new TransientError('storage.unavailable', 'No answer.', { away: true });
    answer = () => (away > 0 ? Promise.reject(away-- % 2 === 0 ? database : objects) : Promise.resolve(done));
    await publish();
    await until(() => handled.length === 9);
    assert.equal(dead.length, 0);
  });

  it('keeps one copy of a message that waits, however often its emitter sends it again', async () => {
    const receipts = await collect(naming.receiptsOf('catalog-api'));
    let isAway = true;
    const away = new TransientError('storage.unavailable', 'No answer.', { away: true });
    answer = () => (isAway ? Promise.reject(away) : Promise.resolve(done));
    const id = await publish();
    await until(() => handled.length === 1);
    for (let again = 0; again < 5; again += 1) await publish(id);
    await until(() => handled.length === 4);
    // Six copies that all wait would have been handled six times in each round.
    isAway = false;
    await until(() => receipts.length === 1);
    assert.ok(handled.length < 9, `handled ${handled.length} times`);
    await publish(id);
    await until(() => receipts.length === 2);
  });

  it('counts its own faults all the same when a service was away in between', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    const own = new TransientError('test.busy', 'Later.');
    const away = new TransientError('storage.unavailable', 'No answer.', { away: true });
    const faults = [own, away, away, away, own, away, own];
    answer = () => Promise.reject(faults.shift() ?? new Error('once too often'));
    await publish();
    await until(() => dead.length === 1);
    assert.equal(handled.length, 7);
    assert.deepEqual([dead[0]?.headers['code'], dead[0]?.headers['attempt']], ['test.busy', 2]);
  });

  it('gives up on a permanent fault at once', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    answer = () => Promise.reject(new PermanentError('test.wrong', 'No.'));
    await publish();
    await until(() => dead.length === 1);
    assert.equal(handled.length, 1);
  });

  it('sends no receipt for what it could not handle', async () => {
    const receipts = await collect(naming.receiptsOf('catalog-api'));
    const dead = await collect(naming.deadOf('job-assembler'));
    answer = () => Promise.resolve({ kind: 'dead', code: 'test.wrong', reason: 'no' });
    await publish();
    await until(() => dead.length === 1);
    assert.equal(receipts.length, 0);
  });

  it('hands the trace and the cause on to what the handler does', async () => {
    let context: ReturnType<typeof currentContext> | undefined;
    answer = () => {
      context = currentContext();
      return Promise.resolve(done);
    };
    const id = await publish();
    await until(() => context !== undefined);
    assert.equal(context?.causationId, id);
    assert.match(context?.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('believes a message only from the account of the app that may send it', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    for (const account of [naming.accountOf('archiver'), '']) await publish(newId(), 'mallory', account);
    await until(() => dead.length === 2);
    assert.equal(handled.length, 0);
    assert.deepEqual(
      dead.map(({ headers }) => headers['code']),
      ['messaging.wrong-sender', 'messaging.wrong-sender'],
    );
    assert.match(String(dead[0]?.headers['reason']), /test\.catalog-api.*test\.archiver/);
  });

  it('believes the worker of a target from the account of that target only, whatever accounts the apps have', () => {
    const accountOf = (target: string): string => naming.workerAccountOf(target);
    for (const accounts of ['per-app', 'shared'] as const) {
      assert.equal(wrongSender(naming, accounts, 'worker', accountOf('tape'), 'tape'), undefined);
      assert.match(
        wrongSender(naming, accounts, 'worker', accountOf('disk'), 'tape') ?? '',
        /from test\.worker\.tape, found the account test\.worker\.disk/,
      );
      assert.ok(wrongSender(naming, accounts, 'archiver', accountOf('tape')) !== undefined);
    }
    assert.ok(wrongSender(naming, 'per-app', 'worker', '', 'tape') !== undefined);
  });

  it('believes nobody who leaves the account out, and no app in the place of a worker, where apps share an account', () => {
    const shared = 'guest';
    assert.equal(wrongSender(naming, 'shared', 'archiver', shared), undefined);
    for (const emitter of ['archiver', 'catalog-api', 'worker'] as const)
      assert.match(wrongSender(naming, 'shared', emitter, '', 'tape') ?? '', /did not say who it is/);
    assert.match(wrongSender(naming, 'shared', 'worker', shared, 'tape') ?? '', /test\.worker\.tape.*guest/);
    assert.ok(wrongSender(naming, 'shared', 'worker', naming.workerAccountOf(''), 'tape') !== undefined);
  });

  it('parks a body whose type is not the routing key, first and when it is replayed, whatever its headers say', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    const key = copyAcceptedV1.type;
    await transport.declare({
      ...{ exchanges: [], queues: [] },
      bindings: [{ queue: naming.inboxOf('job-assembler'), exchange: naming.exchangeOf(type), key }],
    });
    const forged = { routingKey: key, headers: { 'origin-key': type } };
    await publish(newId(), 'mallory', emitter, {}, forged);
    await until(() => dead.length === 1);
    const parked = dead[0]!;
    assert.deepEqual([parked.headers['code'], parked.headers['origin-key']], ['messaging.wrong-key', key]);
    assert.match(String(parked.headers['reason']), new RegExp(`${key}, found one of ${type}`));
    await transport.publish({
      ...parked,
      exchange: naming.ownOf('job-assembler'),
      routingKey: naming.inboxOf('job-assembler'),
    });
    await until(() => dead.length === 2);
    assert.equal(dead[1]?.headers['code'], 'messaging.wrong-key');
    assert.equal(handled.length, 0);
  });

  it('handles what was put into the inbox by hand, also after a retry', async () => {
    let faults = 1;
    answer = () =>
      faults-- > 0 ? Promise.reject(new TransientError('test.busy', 'Later.')) : Promise.resolve(done);
    const byHand = { exchange: '', routingKey: naming.inboxOf('job-assembler') };
    await publish(newId(), 'ada', emitter, {}, byHand);
    await until(() => handled.length === 2);
  });

  it('parks what a worker says of a target that is not its own, and gives it no receipt', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    const receipts = await collect(naming.receiptsOf('catalog-api'));
    const said = copyAcceptedV1.type;
    const data = { orderId: 'j/0/0/tape', target: 'tape', attempt: 1 };
    const send = (account: string, changes: object = {}) => {
      const id = newId();
      const body = {
        ...{ specversion: '1.0' as const, id, source: '/catena/worker', type: said, subject: data.orderId },
        ...{ time: new Date().toISOString(), datacontenttype: 'application/json' as const, sequence: 1 },
        ...{ partitionkey: data.orderId, data: { ...data, ...changes } },
      };
      return transport.publishAs(account, wireMessageOf(naming, body, { [outboxHeader]: 'x/y' }));
    };
    await send(naming.workerAccountOf('disk'));
    await send(naming.workerAccountOf('tape'), { attempt: 'one' });
    await send(naming.workerAccountOf('tape'));
    await until(() => dead.length === 2 && handled.length === 1);
    assert.deepEqual(
      dead.map(({ headers }) => headers['code']),
      ['messaging.wrong-sender', 'messaging.malformed'],
    );
    assert.deepEqual(receipts, []);
  });

  it('remembers who sent a message while it is retried', async () => {
    let faults = 2;
    answer = () =>
      faults-- > 0
        ? Promise.reject(new TransientError('test.away', 'The other side is away.'))
        : Promise.resolve(done);
    const receipts = await collect(naming.receiptsOf('catalog-api'));
    await publish();
    await until(() => receipts.length === 1);
    assert.equal(handled.length, 3);
  });

  it('takes an odd count of attempts or waits for none, and moves the message on all the same', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    answer = () => Promise.reject(new PermanentError('test.wrong', 'No.'));
    const odd = [Number.NaN, Infinity, -1, 0.5, -(2 ** 63), 2 ** 60, 'many'];
    for (const count of odd) await publish(newId(), 'ada', emitter, { attempt: count, waits: count });
    await until(() => dead.length === odd.length);
    assert.deepEqual(
      dead.map(({ headers }) => headers['attempt']),
      odd.map(() => 0),
    );
  });

  it('does not let a message claim more retries than there are', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    answer = () => Promise.reject(new TransientError('test.busy', 'Later.'));
    await publish(newId(), 'ada', emitter, { attempt: Number.MAX_SAFE_INTEGER });
    await until(() => dead.length === 1);
    assert.ok(Number(dead[0]?.headers['attempt']) <= 1000);
  });

  it('does not believe what another account says about who sent a message', async () => {
    const dead = await collect(naming.deadOf('job-assembler'));
    await publish(newId(), 'mallory', naming.accountOf('archiver'), { [checkedSenderHeader]: emitter });
    await until(() => dead.length === 1);
    assert.equal(handled.length, 0);
    assert.equal(dead[0]?.headers['code'], 'messaging.wrong-sender');
    assert.equal(dead[0]?.headers[checkedSenderHeader], naming.accountOf('archiver'));
  });
});
