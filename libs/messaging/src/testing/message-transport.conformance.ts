import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import type { Delivery, MessageTransport, WireMessage } from '../message-transport.js';

/** What any message transport must do. `open` gives a fresh connection to the same broker each time. */
export function transportConformance(name: string, open: () => Promise<MessageTransport>): void {
  describe(`${name} as a message transport`, () => {
    let transport: MessageTransport;
    const id = newId();
    const exchange = `conformance.${id}`;
    const queue = (suffix: string): string => `conformance.${id}.${suffix}`;

    before(async () => {
      transport = await open();
      await transport.declare({
        exchanges: [{ name: exchange, kind: 'topic' }],
        queues: [
          { name: queue('dead') },
          { name: queue('work'), deadLetterTo: queue('dead'), deliveryLimit: 3 },
          { name: queue('other') },
          { name: queue('late'), deadLetterTo: queue('other'), messageTtl: 200 },
        ],
        bindings: [
          { queue: queue('work'), exchange, key: 'a.b.v1' },
          { queue: queue('other'), exchange, key: 'a.c.v1' },
        ],
      });
    });
    after(() => transport.close());

    it('delivers what was published, properties and headers included', async () => {
      const message = example(exchange, 'a.c.v1');
      await transport.publish(message);
      const [delivery] = await take(transport, queue('other'), 1);
      assert.deepEqual(delivery?.body, message.body);
      assert.equal(delivery?.messageId, message.messageId);
      assert.equal(delivery?.type, message.type);
      assert.equal(delivery?.contentType, message.contentType);
      assert.equal(delivery?.headers['note'], 'x');
      assert.equal(delivery?.redelivered, false);
    });

    it('says with each delivery which account published it, however it came here', async () => {
      await transport.publish(example(exchange, 'a.c.v1'));
      await transport.publish(example('', queue('late')));
      const got = await take(transport, queue('other'), 2);
      assert.deepEqual(
        got.map(({ userId }) => userId),
        [transport.account, transport.account],
      );
    });

    it('moves a message on through an exchange', async () => {
      await transport.declare({
        exchanges: [{ name: `${exchange}.own`, kind: 'direct' }],
        queues: [
          {
            name: queue('through'),
            deadLetterTo: queue('other'),
            deadLetterExchange: `${exchange}.own`,
            messageTtl: 100,
          },
        ],
        bindings: [
          { queue: queue('other'), exchange: `${exchange}.own`, key: queue('other') },
          { queue: queue('through'), exchange: `${exchange}.own`, key: queue('through') },
        ],
      });
      const message = example(`${exchange}.own`, queue('through'));
      await transport.publish(message);
      const [delivery] = await take(transport, queue('other'), 1);
      assert.equal(delivery?.messageId, message.messageId);
    });

    it('says so when no queue takes a message', async () => {
      await assert.rejects(transport.publish(example(exchange, 'nobody.listens.v1')), {
        code: 'messaging.unroutable',
        retriable: true,
      });
    });

    it('publishes straight to a queue through the empty exchange', async () => {
      const message = example('', queue('other'));
      await transport.publish(message);
      const [delivery] = await take(transport, queue('other'), 1);
      assert.equal(delivery?.messageId, message.messageId);
    });

    it('keeps the order of one publisher', async () => {
      const sent = Array.from({ length: 50 }, () => example(exchange, 'a.c.v1'));
      for (const message of sent) await transport.publish(message);
      const got = await take(transport, queue('other'), 50);
      assert.deepEqual(
        got.map((delivery) => delivery.messageId),
        sent.map((message) => message.messageId),
      );
    });

    it('shares the messages of a queue between consumers', async () => {
      const sent = Array.from({ length: 40 }, () => example(exchange, 'a.c.v1'));
      await Promise.all(sent.map((message) => transport.publish(message)));
      const [first, second] = await Promise.all([
        collect(transport, queue('other')),
        collect(transport, queue('other')),
      ]);
      await until(() => first.got.length + second.got.length >= 40);
      await Promise.all([first.stop(), second.stop()]);
      assert.equal(new Set([...first.got, ...second.got].map((delivery) => delivery.messageId)).size, 40);
    });

    it('moves a message on when its time in a retry queue is over', async () => {
      const message = example('', queue('late'));
      await transport.publish(message);
      const [delivery] = await take(transport, queue('other'), 1);
      assert.equal(delivery?.messageId, message.messageId);
    });

    it('gives up on a message that is returned too often', async () => {
      const message = example(exchange, 'a.b.v1');
      await transport.publish(message);
      let deliveries = 0;
      const subscription = await transport.consume(queue('work'), { prefetch: 1 }, () => {
        deliveries += 1;
        return Promise.resolve('requeue');
      });
      const [dead] = await take(transport, queue('dead'), 1);
      await subscription.drain();
      assert.equal(dead?.messageId, message.messageId);
      assert.ok(deliveries >= 3, `expected at least 3 deliveries, found ${deliveries}`);
    });

    it('waits for the deliveries in flight when it drains', async () => {
      await transport.publish(example(exchange, 'a.c.v1'));
      let finished = false;
      let begin: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const subscription = await transport.consume(queue('other'), { prefetch: 1 }, async () => {
        begin();
        await new Promise((resolve) => setTimeout(resolve, 50));
        finished = true;
        return 'ack';
      });
      await begun;
      await subscription.drain();
      assert.equal(finished, true);
    });
  });
}

function example(exchange: string, routingKey: string): WireMessage {
  return {
    exchange,
    routingKey,
    body: Buffer.from(JSON.stringify({ ünï: Math.random() })),
    contentType: 'application/json',
    messageId: newId(),
    type: routingKey,
    timestamp: new Date(1_700_000_000_000),
    appId: 'conformance',
    headers: { note: 'x' },
  };
}

async function collect(
  transport: MessageTransport,
  queue: string,
): Promise<{ got: Delivery[]; stop: () => Promise<void> }> {
  const got: Delivery[] = [];
  const subscription = await transport.consume(queue, { prefetch: 1 }, (delivery) => {
    got.push(delivery);
    return Promise.resolve('ack');
  });
  return { got, stop: () => subscription.drain() };
}

async function take(transport: MessageTransport, queue: string, count: number): Promise<Delivery[]> {
  const { got, stop } = await collect(transport, queue);
  await until(() => got.length >= count);
  await stop();
  return got;
}

/** Waits until `condition` holds; fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>, limit = 120_000): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end)
      throw new assert.AssertionError({ message: `expected ${condition.toString()} within ${limit} ms` });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
