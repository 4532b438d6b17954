import assert from 'node:assert/strict';
import { connect } from 'amqplib';
import { after, describe, it } from 'node:test';
import { LifeSigns, newId, wait } from '#kernel';
import { createLogger } from '#observability';
import { amqpMethods, CuttingProxy, type Trouble } from '../testing/cutting-proxy.js';
import { until } from '../testing/message-transport.conformance.js';
import { RabbitTransport } from './rabbit-transport.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');
const logger = createLogger('broken-connections.int.spec', 'silent');

const queue = `broken.${newId()}`;
const exchange = `${queue}.x`;
const topology = {
  exchanges: [{ name: exchange, kind: 'topic' as const }],
  queues: [{ name: queue }],
  bindings: [{ queue, exchange, key: '#' }],
};

after(async () => {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.deleteQueue(queue);
  await channel.deleteExchange(exchange);
  await connection.close();
});

/** A transport with a queue to consume, behind a proxy; everything is ended whatever the test finds. */
async function broken(
  trouble: (proxy: CuttingProxy) => void,
  use: (transport: RabbitTransport, proxy: CuttingProxy, received: () => string[]) => Promise<void>,
): Promise<void> {
  const proxy = await CuttingProxy.before(url!);
  trouble(proxy);
  const signs = new LifeSigns();
  const transport = new RabbitTransport(
    { url: proxy.url, connectionName: 'broken', onFatal: assert.ifError, answerLimit: 1000, signs },
    logger,
  );
  const received: string[] = [];
  try {
    await transport.declare(topology);
    await transport.consume(queue, { prefetch: 1 }, ({ messageId }) => {
      received.push(messageId);
      return Promise.resolve('ack');
    });
    await use(transport, proxy, () => received);
  } finally {
    await transport.close();
    assert.deepEqual(signs.stalled(-1), [], 'a closed transport lives by nothing');
    await proxy.close();
  }
}

async function carries(transport: RabbitTransport, received: () => string[]): Promise<void> {
  const messageId = newId();
  await until(async () => {
    await transport
      .publish({
        ...{ exchange, routingKey: 'a', body: Buffer.from('{}'), contentType: '', messageId, type: 't' },
        ...{ timestamp: new Date(), appId: '', headers: {} },
      })
      .catch(() => undefined);
    return received().includes(messageId);
  });
}

describe('An app whose connection breaks at the wrong moment', () => {
  const moments = {
    'has asked to close a channel': amqpMethods.channelClose,
    'has asked to open a channel': amqpMethods.channelOpen,
    'declares an exchange': amqpMethods.exchangeDeclare,
    'declares a queue': amqpMethods.queueDeclare,
    'binds a queue': amqpMethods.queueBind,
    'begins to consume': amqpMethods.consume,
  };
  const troubles: Record<Trouble, string> = {
    cut: 'is cut off',
    silence: 'hears nothing any more',
  };
  for (const [trouble, what] of Object.entries(troubles) as [Trouble, string][])
    for (const [moment, method] of Object.entries(moments)) {
      const times = trouble === 'cut' ? 3 : 1;
      it(`talks to the broker again when it ${what} just when it ${moment}`, () =>
        broken(
          (proxy) => proxy.strike(method, trouble, times),
          async (transport, proxy, received) => {
            await carries(transport, received);
            await until(() => proxy.struck === times);
            await carries(transport, received);
          },
        ));
    }

  for (const [trouble, what] of Object.entries(troubles) as [Trouble, string][])
    it(`ends in time when it ${what} just when it says goodbye`, () =>
      broken(
        () => undefined,
        async (transport, proxy, received) => {
          await carries(transport, received);
          proxy.strike(amqpMethods.connectionClose, trouble, 2);
          await transport.close();
          assert.equal(proxy.struck, 2);
        },
      ));

  it('outlives a connection that is opened after it has gone, and cut as it says goodbye', async () => {
    const proxy = await CuttingProxy.before(url);
    const heard: unknown[] = [];
    const hear = (error: unknown): number => heard.push(error);
    process.on('uncaughtException', hear);
    try {
      proxy.strike(amqpMethods.connectionClose, 'cut', 2);
      const options = { url: proxy.url, connectionName: 'broken', onFatal: assert.ifError };
      await new RabbitTransport(options, logger).close();
      await until(() => proxy.struck === 2);
    } finally {
      await proxy.close();
      // The client hears of the cut from the kernel.
      await wait(100);
      process.off('uncaughtException', hear);
    }
    assert.deepEqual(heard, []);
  });

  it('notices a connection that stays open and answers nothing', () =>
    broken(
      () => undefined,
      async (transport, proxy, received) => {
        await carries(transport, received);
        const before = proxy.connections;
        proxy.silence();
        await until(() => !transport.connected && proxy.connections > before);
      },
    ));
});
