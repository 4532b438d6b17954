import assert from 'node:assert/strict';
import { connect } from 'amqplib';
import { describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { catalogueSideOf, type Place } from '../catalogue-side.js';
import { Naming } from '../naming.js';
import { CuttingProxy } from '../testing/cutting-proxy.js';
import { until } from '../testing/message-transport.conformance.js';
import { placeConformance } from '../testing/place.conformance.js';
import { RabbitTransport, type RabbitOptions } from './rabbit-transport.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');
const logger = createLogger('held-place.int.spec', 'silent');

function transportWith(place: Place, at: string, onFatal: RabbitOptions['onFatal']): RabbitTransport {
  return new RabbitTransport({ url: at, connectionName: 'place', place, onFatal, answerLimit: 5000 }, logger);
}

placeConformance('RabbitTransport', async (place, onFatal) => {
  const proxy = await CuttingProxy.before(url);
  const transport = transportWith(place, proxy.url, onFatal);
  let ended: Promise<void> | undefined;
  return {
    transport,
    cutOff: () => {
      proxy.refuse();
      return until(() => !transport.connected);
    },
    letBack: () => Promise.resolve(proxy.admit()),
    end: () => (ended ??= transport.close().then(() => proxy.close())),
  };
});

describe('The place of the catalogue at a broker', () => {
  it('is taken before anything else, by both connections, and a queue that was deleted is made again', async () => {
    const place = catalogueSideOf(new Naming(`side-${newId()}`), 'catalog-api');
    const connection = await connect(url);
    const channel = await connection.createChannel();
    const transport = transportWith(place, url, assert.ifError);
    try {
      await until(() => transport.connected);
      assert.equal((await channel.checkQueue(place.queue)).consumerCount, 2);
      let connected = 0;
      transport.onConnected(() => (connected += 1));
      await channel.deleteQueue(place.queue);
      await until(() => connected > 1 && transport.connected);
      assert.equal((await channel.checkQueue(place.queue)).consumerCount, 2);
    } finally {
      await transport.close();
      await connection.close();
    }
  });

  it('is not mistaken for that of the other app when a queue of that name is something else', async () => {
    const place = catalogueSideOf(new Naming(`side-${newId()}`), 'catalog-api');
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.assertQueue(place.queue, { durable: true });
    const refusals: string[] = [];
    const transport = transportWith(place, url, ({ code }) => refusals.push(code));
    try {
      await until(() => refusals.length === 2);
      assert.deepEqual(new Set(refusals), new Set(['messaging.topology-drift']));
    } finally {
      await transport.close();
      await channel.deleteQueue(place.queue);
      await connection.close();
    }
  });
});
