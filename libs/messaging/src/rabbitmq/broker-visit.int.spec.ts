import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from 'amqplib';
import { newId } from '#kernel';
import type { Delivery, WireMessage } from '../message-transport.js';
import { until } from '../testing/message-transport.conformance.js';
import { BrokerVisit } from './broker-visit.js';

const url = process.env['RABBITMQ_URL'];
assert.ok(url, 'RABBITMQ_URL must name a broker: run `npm test`, or start one with `npm run stack -- up`.');

describe('A visit to a broker', () => {
  const [queue, exchange] = [`visit.${newId()}`, `visit.${newId()}.x`];
  let visit: BrokerVisit;
  before(async () => {
    visit = await BrokerVisit.begin(url, 'visit');
  });
  after(async () => {
    await visit.end();
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(queue);
    await channel.deleteExchange(exchange);
    await connection.close();
  });

  const message = (exchangeName: string, routingKey: string): WireMessage => ({
    ...{ exchange: exchangeName, routingKey, body: Buffer.from('{}'), contentType: 'application/json' },
    ...{ messageId: newId(), type: 'a', timestamp: new Date(), appId: 'visit', headers: { kind: 'test' } },
  });

  it('says that a queue is not there, then what waits in it and who listens', async () => {
    assert.equal(await visit.look(queue), undefined);
    await visit.declare({
      exchanges: [{ name: exchange, kind: 'topic' }],
      queues: [{ name: queue }],
      bindings: [{ queue, exchange, key: 'kept' }],
    });
    assert.deepEqual(await visit.look(queue), { messages: 0, consumers: 0 });
    await visit.publish(message(exchange, 'kept'));
    await until(() => visit.look(queue).then((found) => found?.messages === 1));
  });

  it('hears what is published meanwhile, with the account that it comes from', async () => {
    const heard: Delivery[] = [];
    await visit.hear(exchange, ['#'], (delivery) => heard.push(delivery));
    const said = message(exchange, 'anything');
    await visit.publish(said);
    await until(() => heard.length > 0);
    const [{ messageId, routingKey, userId, headers }] = heard as [Delivery];
    assert.deepEqual(
      [messageId, routingKey, userId, headers],
      [said.messageId, 'anything', visit.account, { kind: 'test' }],
    );
  });

  it('takes out what comes back into a queue', async () => {
    await visit.publish(message('', queue));
    assert.equal(await visit.takeOut(queue, 500), 2);
    assert.deepEqual(await visit.look(queue), { messages: 0, consumers: 0 });
  });

  it('is refused with a sentence where the account is', async () => {
    const other = new URL(url);
    other.password = 'wrong';
    await assert.rejects(BrokerVisit.begin(other.toString(), 'visit'), {
      code: 'messaging.not-connected',
      message: /Check its address, account and password/,
    });
  });
});
