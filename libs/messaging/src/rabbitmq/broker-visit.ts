import { connect, type Channel, type ConfirmChannel } from 'amqplib';
import { messageOf, TransientError, wait } from '#kernel';
import { createLogger } from '#observability';
import type { Delivery, QueueLook, Topology, WireMessage } from '../message-transport.js';
import { headersFrom, propertiesFrom, secondsOf } from '../wire-properties.js';
import { BrokerLine } from './broker-line.js';
import { declareTopology } from './declare-topology.js';
import { lookAtQueue } from './look-at-queue.js';

/** Milliseconds that the broker may take for one answer. */
const patience = 10_000;

/**
 * One connection to a broker for as long as a command of a person runs: unlike a transport it is not opened again, as
 * whoever watches can start the command anew.
 */
export class BrokerVisit {
  private constructor(
    private readonly line: BrokerLine,
    private readonly publishing: ConfirmChannel,
    private readonly listening: Channel,
    readonly account: string,
  ) {}

  /** @throws TransientError `messaging.not-connected` */
  static async begin(url: string, name: string): Promise<BrokerVisit> {
    try {
      const connection = await connect(url, {
        clientProperties: { connection_name: name },
        timeout: patience,
      });
      const line = new BrokerLine(name, connection, patience, createLogger('cli', 'silent'));
      const publishing = await line.answer('open a channel', connection.createConfirmChannel());
      const listening = await line.answer('open a channel', connection.createChannel());
      for (const channel of [publishing, listening]) channel.on('error', () => undefined);
      return new BrokerVisit(line, publishing, listening, decodeURIComponent(new URL(url).username));
    } catch (error) {
      throw new TransientError(
        'messaging.not-connected',
        `Expected the broker to let this account in, found: ${messageOf(error)}. Check its address, account and password.`,
        { cause: error },
      );
    }
  }

  declare(topology: Topology): Promise<void> {
    return declareTopology(this.line, topology);
  }

  /** Undefined where there is no such queue. */
  look(queue: string): Promise<QueueLook | undefined> {
    return lookAtQueue(this.line, queue);
  }

  /** Hears what is published with such keys, from now until the end of the visit: the queue goes with the connection. */
  async hear(
    exchange: string,
    keys: readonly string[],
    listener: (delivery: Delivery) => void,
  ): Promise<void> {
    const { line, listening } = this;
    const { queue } = await line.answer(
      'make a queue for a while',
      listening.assertQueue('', { exclusive: true, autoDelete: true }),
    );
    for (const key of keys) await line.answer(`bind ${queue}`, listening.bindQueue(queue, exchange, key));
    const consuming = listening.consume(
      queue,
      (message) => {
        if (message === null) return;
        const { content, fields, properties } = message;
        const { exchange: from, routingKey, redelivered } = fields;
        listener({
          ...propertiesFrom(properties as unknown as Record<string, unknown>),
          ...{ exchange: from, routingKey, redelivered, body: content },
        });
      },
      { noAck: true },
    );
    await line.answer(`consume ${queue}`, consuming);
  }

  /** Takes whatever is in a queue for so many milliseconds, beside its other consumers. @returns how many messages */
  async takeOut(queue: string, milliseconds: number): Promise<number> {
    let taken = 0;
    const channel = await this.line.answer('open a channel', this.line.connection.createChannel());
    channel.on('error', () => undefined);
    const consuming = channel.consume(queue, () => (taken += 1), { noAck: true });
    const { consumerTag } = await this.line.answer(`consume ${queue}`, consuming);
    await wait(milliseconds);
    await this.line.answer(`stop to consume ${queue}`, channel.cancel(consumerTag));
    await this.line.answer('close a channel', channel.close());
    return taken;
  }

  /** Resolves when the broker has it. */
  async publish(message: WireMessage): Promise<void> {
    const { exchange, routingKey, body, headers, timestamp, ...properties } = message;
    this.publishing.publish(exchange, routingKey, body, {
      ...properties,
      ...{ persistent: true, userId: this.account },
      ...{ timestamp: secondsOf(timestamp), headers: headersFrom(headers) },
    });
    await this.line.answer('confirm a message', this.publishing.waitForConfirms());
  }

  end(): Promise<void> {
    return this.line.close();
  }
}
