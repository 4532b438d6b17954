import assert from 'node:assert/strict';
import { connect } from 'amqplib';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import type { WireMessage } from '../message-transport.js';
import { transportConformance, until } from '../testing/message-transport.conformance.js';
import { RabbitTransport } from './rabbit-transport.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');
const logger = createLogger('rabbit-transport.int.spec', 'silent');
const open = async (onFatal: (error: Error) => void = assert.ifError): Promise<RabbitTransport> => {
  const transport = new RabbitTransport({ url, connectionName: 'conformance', onFatal }, logger);
  await until(() => transport.connected);
  return transport;
};

transportConformance('RabbitTransport', () => open());

describe('RabbitTransport', () => {
  const name = `drift.${newId()}`;
  const topology = { exchanges: [], queues: [{ name, deliveryLimit: 5 }], bindings: [] };
  let transport: RabbitTransport;

  before(async () => {
    transport = await open();
  });
  after(() => transport.close());

  it('refuses a queue that exists with other arguments, in words', async () => {
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.assertQueue(name, { durable: true });
    await assert.rejects(transport.declare(topology), {
      code: 'messaging.topology-drift',
      retriable: false,
      message: new RegExp(name),
    });
    await channel.deleteQueue(name);
    await connection.close();
  });

  it('replaces a queue as an earlier version declared it, but not under its consumers', async () => {
    const inbox = `former.${newId()}`;
    const former = { name: inbox, deadLetterTo: 'dead', deliveryLimit: 20 };
    await transport.declare({ exchanges: [], queues: [former], bindings: [] });
    const earlier = await open();
    const subscription = await earlier.consume(inbox, { prefetch: 1 }, () => Promise.resolve('ack'));
    const own = `${inbox}.own`;
    const wanted = {
      exchanges: [{ name: own, kind: 'direct' as const }],
      queues: [{ ...former, deadLetterExchange: own, replacesDirect: true }],
      bindings: [],
    };
    await assert.rejects(transport.declare(wanted), { code: 'messaging.topology-drift' });
    await subscription.drain();
    await earlier.close();
    await transport.declare(wanted);
    await transport.declare(wanted);
    const other = { ...wanted.queues[0]!, deliveryLimit: 7 };
    await assert.rejects(
      transport.declare({ ...wanted, queues: [other] }),
      { code: 'messaging.topology-drift' },
      'one with yet other arguments is not ours to delete',
    );
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(inbox);
    await channel.deleteExchange(own);
    await connection.close();
  });

  it('takes a foreign queue as it is', async () => {
    const foreign = `foreign.${newId()}`;
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.assertQueue(foreign, { durable: true, arguments: { 'x-max-length': 1000 } });
    const another = await open();
    await another.declare({
      exchanges: [{ name: `${foreign}.x`, kind: 'topic', foreign: true }],
      queues: [{ name: foreign, foreign: true }],
      bindings: [{ queue: foreign, exchange: `${foreign}.x`, key: 'jobqueue' }],
    });
    await another.close();
    await channel.deleteQueue(foreign);
    await channel.deleteExchange(`${foreign}.x`);
    await connection.close();
  });

  it('fails a publish at once while there is no broker, and holds nothing', async () => {
    const lonely = new RabbitTransport(
      { url: 'amqp://127.0.0.1:1', connectionName: 'lonely', onFatal: assert.ifError },
      logger,
    );
    await assert.rejects(
      lonely.publish({
        exchange: '',
        routingKey: 'q',
        body: Buffer.alloc(0),
        contentType: '',
        messageId: 'm',
        type: 't',
        timestamp: new Date(),
        appId: '',
        headers: {},
      }),
      { code: 'messaging.not-connected', retriable: true },
    );
    await lonely.close();
  });

  it('publishes again when the broker has closed its channel', async () => {
    const queue = `again.${newId()}`;
    const publishing = await open();
    await publishing.declare({ exchanges: [], queues: [{ name: queue }], bindings: [] });
    const message = (exchange: string, routingKey: string): WireMessage => ({
      ...{ exchange, routingKey, body: Buffer.from('{}'), contentType: '', messageId: newId(), type: 't' },
      ...{ timestamp: new Date(), appId: '', headers: {} },
    });
    // The broker answers an exchange it does not know by closing the channel.
    await assert.rejects(publishing.publish(message(`gone.${newId()}`, 'x')));
    await until(async () =>
      publishing.publish(message('', queue)).then(
        () => true,
        () => false,
      ),
    );
    await publishing.close();
    const connection = await connect(url);
    await (await connection.createChannel()).deleteQueue(queue);
    await connection.close();
  });

  it('says so when a binding or an exchange was taken away, and declares it again with its next connection', async () => {
    const queue = `unbound.${newId()}`;
    const exchange = `${queue}.x`;
    const binding = { queue, exchange, key: 'a.v1' };
    const bound = await open();
    await bound.declare({
      exchanges: [{ name: exchange, kind: 'topic' }],
      queues: [{ name: queue }],
      bindings: [binding],
    });
    const message = (to: string): WireMessage => ({
      ...{ exchange: to, routingKey: binding.key, body: Buffer.from('{}'), contentType: '' },
      ...{ messageId: newId(), type: 't', timestamp: new Date(), appId: '', headers: {} },
    });
    await bound.publish(message(exchange));
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.unbindQueue(queue, exchange, binding.key);
    await assert.rejects(bound.publish(message(exchange)), { code: 'messaging.unroutable' });
    // An exchange that the broker does not know costs the connection.
    await assert.rejects(bound.publish(message(`gone.${newId()}`)));
    const isTaken = (): Promise<boolean> =>
      bound.publish(message(exchange)).then(
        () => true,
        () => false,
      );
    await until(isTaken);
    await channel.deleteExchange(exchange);
    assert.equal(await isTaken(), false);
    await until(isTaken);
    await bound.close();
    await channel.deleteQueue(queue);
    await channel.deleteExchange(exchange);
    await connection.close();
  });

  it('keeps its connections whatever headers and properties a message brings, and publishes it again', async () => {
    const [queue, retry] = [`odd.${newId()}`, `odd.${newId()}.retry`];
    const passing = await open();
    let connections = 0;
    passing.onConnected(() => (connections += 1));
    await passing.declare({ exchanges: [], queues: [{ name: queue }, { name: retry }], bindings: [] });
    const failed: unknown[] = [];
    await passing.consume(queue, { prefetch: 10 }, async (delivery) => {
      const again = passing.publish({ ...delivery, exchange: '', routingKey: retry });
      await again.catch((error: unknown) => failed.push(error));
      return 'ack';
    });
    const connection = await connect(url);
    const channel = await connection.createChannel();
    const wide = { '!': 'int64', value: '4611686018427387905' };
    const oddities: readonly object[] = [
      { timestamp: 2 ** 63 },
      { headers: { attempt: { '!': 'int64', value: '-9223372036854775808' } } },
      { headers: { attempt: wide, waits: wide, 'checked-sender': ['a'], outbox: { a: 1 } } },
      { headers: { attempt: { '!': 'float64', value: 2 ** 51 + 0.5 } } },
      { headers: { attempt: { '!': 'timestamp', value: 1 }, 'origin-key': Buffer.alloc(3, 0xff) } },
      { headers: Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`h${n}`, 'x'.repeat(1000)])) },
    ];
    for (const odd of oddities) channel.sendToQueue(queue, Buffer.from('{}'), odd);
    let moved = 0;
    await passing.consume(retry, { prefetch: 10 }, () => Promise.resolve((moved += 1) ? 'ack' : 'requeue'));
    await until(() => moved + failed.length >= oddities.length);
    assert.deepEqual(failed, []);
    assert.equal(connections, 1, 'expected one connection all the time');
    await passing.close();
    for (const name of [queue, retry]) await channel.deleteQueue(name);
    await connection.close();
  });

  it('comes back with its consumers when a channel dies', async () => {
    const queue = `revive.${newId()}`;
    const reviving = await open();
    await reviving.declare({ exchanges: [], queues: [{ name: queue }], bindings: [] });
    let got = 0;
    await reviving.consume(queue, { prefetch: 1 }, () => Promise.resolve((got += 1) ? 'ack' : 'requeue'));
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(queue);
    await until(async () => {
      await reviving
        .publish({
          exchange: '',
          routingKey: queue,
          body: Buffer.from('{}'),
          contentType: '',
          messageId: newId(),
          type: 't',
          timestamp: new Date(),
          appId: '',
          headers: {},
        })
        .catch(() => undefined);
      return got > 0;
    });
    await reviving.close();
    await channel.deleteQueue(queue);
    await connection.close();
  });
});
