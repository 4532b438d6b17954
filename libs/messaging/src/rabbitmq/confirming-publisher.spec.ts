import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import type { ConfirmChannel } from 'amqplib';
import { createLogger } from '#observability';
import type { WireMessage } from '../message-transport.js';
import type { BrokerLine } from './broker-line.js';
import { ConfirmingPublisher } from './confirming-publisher.js';

const message = (messageId: string): WireMessage => ({
  ...{ exchange: '', routingKey: 'q', body: Buffer.from('{}'), contentType: '', messageId, type: 't' },
  ...{ timestamp: new Date(0), appId: '', headers: {} },
});

/** A broker that takes messages, and answers when it is told to. */
class Broker {
  readonly taken: ((error?: Error) => void)[] = [];
  readonly channels: EventEmitter[] = [];
  lost = 0;

  get line(): BrokerLine {
    return {
      connection: { createConfirmChannel: () => Promise.resolve(this.channel()) },
      answer: <Answer>(_asked: string, answer: PromiseLike<Answer>) => Promise.resolve(answer),
      close: () => Promise.resolve(void (this.lost += 1)),
    } as unknown as BrokerLine;
  }

  private channel(): ConfirmChannel {
    const channel = Object.assign(new EventEmitter(), {
      publish: (...given: unknown[]) => void this.taken.push(given[4] as (error?: Error) => void),
      close: () => Promise.resolve(void channel.emit('close')),
    });
    this.channels.push(channel);
    return channel as unknown as ConfirmChannel;
  }
}

describe('A publisher whose confirm does not come', () => {
  it('gives the message back for later, and its channel up with all that waits on it', async () => {
    const broker = new Broker();
    const publisher = new ConfirmingPublisher('a', 1, 20, createLogger('spec', 'silent'));
    await publisher.open(broker.line);
    const [first, second] = [publisher.publish(message('m1')), publisher.publish(message('m2'))];
    await assert.rejects(first, { code: 'messaging.unconfirmed', retriable: true });
    assert.deepEqual([publisher.ready, broker.lost], [false, 1]);
    await assert.rejects(second, { code: 'messaging.not-connected', retriable: true });
    assert.equal(broker.taken.length, 1, 'the window of one was free, and there was no channel');
    await publisher.open(broker.line);
    const again = publisher.publish(message('m1'));
    // The late answer to the first is nobody's.
    broker.taken[0]!();
    await new Promise(setImmediate);
    broker.taken[1]!();
    await again;
  });

  it('believes no confirm of a message that came back, and a refusal as one', async () => {
    const broker = new Broker();
    const publisher = new ConfirmingPublisher('a', 5, 60_000, createLogger('spec', 'silent'));
    await publisher.open(broker.line);
    const [returned, refused, taken] = ['m1', 'm2', 'm3'].map((id) => publisher.publish(message(id)));
    broker.channels[0]!.emit('return', { properties: { messageId: 'm1' } });
    broker.taken[0]!();
    broker.taken[1]!(new Error('nacked'));
    broker.taken[2]!();
    await assert.rejects(returned!, { code: 'messaging.unroutable' });
    await assert.rejects(refused!, { code: 'messaging.unconfirmed' });
    await taken;
  });
});
