import assert from 'node:assert/strict';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { Naming } from '../naming.js';
import { amqpMethods, CuttingProxy } from '../testing/cutting-proxy.js';
import { until } from '../testing/message-transport.conformance.js';
import { BrokerTap } from './broker-tap.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');
const naming = new Naming(`tap${newId().slice(0, 8)}`);
const types = ['assembly.anything.v7', 'archival.done.v1'];
const exchanges = types.map((type) => naming.exchangeOf(type));
const logger = createLogger('broker-tap.int.spec', 'silent');

describe('A listener at the broker', () => {
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const inbox = naming.inboxOf('archiver');
  const taps: BrokerTap[] = [];
  const heard: string[] = [];
  const listen = (at = url): BrokerTap => {
    const tap = new BrokerTap(
      {
        ...{ url: at, naming, connectionName: 'tap', types, answerLimit: 1000 },
        onHeard: (context) => heard.push(context),
      },
      logger,
    );
    taps.push(tap);
    return tap;
  };
  const say = async (exchange: string, key: string): Promise<void> => {
    channel.publish(exchange, key, Buffer.from('{"secret":1}'));
    await channel.waitForConfirms();
  };
  before(async () => {
    connection = await connect(url);
    channel = await connection.createConfirmChannel();
    for (const exchange of exchanges) await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.assertQueue(inbox);
    await channel.bindQueue(inbox, exchanges[1]!, 'archival.done.v1');
  });
  after(async () => {
    await Promise.all(taps.map((tap) => tap.close()));
    await channel.deleteQueue(inbox);
    for (const exchange of exchanges) await channel.deleteExchange(exchange);
    await connection.close();
  });

  it('hears each message of its types, no others, and takes none away', async () => {
    const tap = listen();
    await until(() => tap.connected);
    await say(exchanges[1]!, 'archival.with-a-link.v1');
    await say(exchanges[1]!, 'archival.done.v1');
    await say(exchanges[0]!, 'assembly.anything.v7');
    await until(() => heard.length === 2);
    assert.deepEqual([...heard].sort(), ['archival', 'assembly']);
    assert.equal((await channel.checkQueue(inbox)).messageCount, 1);
    await tap.close();
    assert.equal(tap.connected, false);
  });

  it('hears again after its connection broke, and leaves no queue behind', async () => {
    const proxy = await CuttingProxy.before(url);
    heard.length = 0;
    const tap = listen(proxy.url);
    try {
      await until(() => tap.connected);
      const { connections } = proxy;
      // What it asks now and then is not answered any more.
      proxy.strike(amqpMethods.channelOpen, 'silence');
      await until(() => tap.connected && proxy.connections > connections);
      await say(exchanges[0]!, 'assembly.anything.v7');
      await until(() => heard.length === 1);
    } finally {
      await tap.close();
      await proxy.close();
    }
  });

  it('waits for what it listens to, and comes when it is there', async () => {
    const late = new Naming(`tap${newId().slice(0, 8)}`);
    const exchange = late.exchangeOf('archival.');
    const tap = new BrokerTap(
      { url, naming: late, connectionName: 'late', types: ['archival.x.v1'], onHeard: () => undefined },
      logger,
    );
    taps.push(tap);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(tap.connected, false);
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await until(() => tap.connected);
    await tap.close();
    await channel.deleteExchange(exchange);
  });
});
