import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'amqplib';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { until } from '../testing/message-transport.conformance.js';
import { RabbitTransport } from './rabbit-transport.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');

const deliveryLimit = 3;
const maxDeaths = 10;

describe('A message that kills whoever takes it', () => {
  it('is moved on when that happened too often, and those that were taken beside it are lost with it nowhere', async () => {
    const queue = `deadly.${newId()}`;
    const [dead, own] = [`${queue}.dead`, `${queue}.own`];
    const transport = new RabbitTransport(
      { url, connectionName: 'dying-consumers', onFatal: assert.ifError },
      createLogger('dying-consumers.int.spec', 'silent'),
    );
    try {
      await until(() => transport.connected);
      await transport.declare({
        exchanges: [{ name: own, kind: 'direct' }],
        queues: [{ name: dead }, { name: queue, deadLetterTo: dead, deadLetterExchange: own, deliveryLimit }],
        bindings: [dead, queue].map((name) => ({ queue: name, exchange: own, key: name })),
      });
      const ids = ['deadly', 'beside it', 'beside it too'];
      for (const messageId of ids)
        await transport.publish({
          ...{ exchange: own, routingKey: queue, body: Buffer.from('{}'), contentType: '', messageId },
          ...{ type: 't', timestamp: new Date(), appId: '', headers: {} },
        });
      const found = new Set<string>();
      await transport.consume(dead, { prefetch: 8 }, ({ messageId }) => {
        found.add(messageId);
        return Promise.resolve('ack');
      });
      let deaths = 0;
      for (; deaths < maxDeaths && !found.has('deadly'); deaths += 1) await dieOn(queue);
      assert.ok(found.has('deadly'), `it was still delivered after ${deaths} deaths`);
      assert.ok(deaths >= deliveryLimit, `moved on after ${deaths} deaths`);
      // Those that nobody would die of are taken by the next consumer, or were moved on as well.
      await transport.consume(queue, { prefetch: 8 }, ({ messageId }) => {
        found.add(messageId);
        return Promise.resolve('ack');
      });
      await until(() => ids.every((id) => found.has(id)));
    } finally {
      await transport.close();
      const connection = await connect(url);
      const channel = await connection.createChannel();
      for (const name of [queue, dead]) await channel.deleteQueue(name);
      await channel.deleteExchange(own);
      await connection.close();
    }
  });
});

/** A process takes a message and all that lie beside it, and is killed by it. */
async function dieOn(queue: string): Promise<void> {
  const script = `
    const { connect } = await import('amqplib');
    const channel = await (await connect(process.env.BROKER)).createChannel();
    await channel.prefetch(8);
    setTimeout(() => process.exit(0), 5000);
    await channel.consume(process.env.QUEUE, (message) => {
      if (message?.properties.messageId === 'deadly') setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    });`;
  const consumer = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, BROKER: url, QUEUE: queue },
  });
  await once(consumer, 'exit');
}
