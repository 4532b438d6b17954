import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { messageOf } from '#kernel';
import type { Logger } from '#observability';
import type { Delivery, Settlement, Subscription } from '../message-transport.js';

/** One consumer of one queue, opened again on every new connection. */
export class RabbitSubscription implements Subscription {
  private channel: Channel | undefined;
  private consumerTag = '';
  private draining = false;
  private readonly inFlight = new Set<Promise<void>>();

  constructor(
    private readonly queue: string,
    private readonly prefetch: number,
    private readonly handler: (delivery: Delivery) => Promise<Settlement>,
    private readonly logger: Logger,
  ) {}

  async open(connection: ChannelModel): Promise<void> {
    if (this.draining) return;
    const channel = await connection.createChannel();
    channel.on('error', (error: unknown) =>
      this.logger.error({ queue: this.queue, error: messageOf(error) }, 'consumer channel failed'),
    );
    // A channel that dies alone (queue deleted, consumer time-out) must not leave a deaf consumer behind: reconnect.
    channel.on('close', () => {
      if (this.channel === channel && !this.draining) void connection.close().catch(() => undefined);
    });
    this.channel = channel;
    await channel.prefetch(this.prefetch);
    const { consumerTag } = await channel.consume(this.queue, (message) => {
      if (message === null) void channel.close().catch(() => undefined);
      else this.take(channel, message);
    });
    this.consumerTag = consumerTag;
  }

  async drain(): Promise<void> {
    this.draining = true;
    await this.channel?.cancel(this.consumerTag).catch(() => undefined);
    await Promise.all(this.inFlight);
    await this.channel?.close().catch(() => undefined);
  }

  private take(channel: Channel, message: ConsumeMessage): void {
    const work = this.handler(deliveryOf(message)).then((settlement) => {
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
    contentType: String(properties.contentType ?? ''),
    messageId: String(properties.messageId ?? ''),
    type: String(properties.type ?? ''),
    timestamp: new Date(Number(properties.timestamp ?? 0) * 1000),
    appId: String(properties.appId ?? ''),
    headers: properties.headers ?? {},
    redelivered: fields.redelivered,
  };
}
