import type { Channel, ConsumeMessage } from 'amqplib';
import { ending, livingBy, messageOf, type LifeSigns } from '#kernel';
import type { Logger } from '#observability';
import type { Delivery, Settlement, Subscription } from '../message-transport.js';
import { propertiesFrom } from '../wire-properties.js';
import type { BrokerLine } from './broker-line.js';

/** One consumer of one queue, opened again on every new connection. */
export class RabbitSubscription implements Subscription {
  private channel: Channel | undefined;
  private line: BrokerLine | undefined;
  private consumerTag = '';
  private draining = false;
  private readonly inFlight = new Set<Promise<void>>();

  constructor(
    private readonly queue: string,
    private readonly prefetch: number,
    private readonly handler: (delivery: Delivery) => Promise<Settlement>,
    private readonly logger: Logger,
    private readonly signs: LifeSigns,
  ) {}

  async open(line: BrokerLine): Promise<void> {
    if (this.draining) return;
    const channel = await line.answer('open a channel to consume', line.connection.createChannel());
    channel.on('error', (error: unknown) =>
      this.logger.error({ queue: this.queue, error: messageOf(error) }, 'consumer channel failed'),
    );
    // A channel that dies alone (queue deleted, consumer time-out) must not leave a deaf consumer behind: reconnect.
    channel.on('close', () => {
      if (this.channel === channel && !this.draining) void line.close();
    });
    this.channel = channel;
    this.line = line;
    await line.answer('set the prefetch', channel.prefetch(this.prefetch));
    const consuming = channel.consume(this.queue, (message) => {
      if (message === null) void this.closeQuietly(line, channel);
      else this.take(channel, message);
    });
    this.consumerTag = (await line.answer(`consume ${this.queue}`, consuming)).consumerTag;
  }

  async drain(): Promise<void> {
    this.draining = true;
    const { channel, line } = this;
    if (channel !== undefined && line !== undefined)
      await line
        .answer(`stop to consume ${this.queue}`, channel.cancel(this.consumerTag))
        .catch(() => undefined);
    await ending.waitFor(`messages in work (${this.queue})`, Promise.all(this.inFlight));
    if (channel !== undefined && line !== undefined) await this.closeQuietly(line, channel);
  }

  private async closeQuietly(line: BrokerLine, channel: Channel): Promise<void> {
    await line.answer('close a channel', channel.close()).catch(() => undefined);
  }

  private take(channel: Channel, message: ConsumeMessage): void {
    const sign = this.signs.begin(`message in work (${this.queue})`);
    const work = livingBy(sign, () => this.handler(deliveryOf(message))).then((settlement) => {
      sign.end();
      this.inFlight.delete(work);
      try {
        if (settlement === 'ack') channel.ack(message);
        // Unlike nack, a reject counts towards the delivery limit on every broker version.
        else channel.reject(message, true);
      } catch {
        // The channel is gone, so the broker delivers the message again by itself.
      }
    });
    this.inFlight.add(work);
  }
}

function deliveryOf({ content, fields, properties }: ConsumeMessage): Delivery {
  return {
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    body: content,
    redelivered: fields.redelivered,
    ...propertiesFrom(properties as unknown as Record<string, unknown>),
  };
}
