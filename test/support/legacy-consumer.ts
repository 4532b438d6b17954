import { connect, type Channel, type ChannelModel } from 'amqplib';

export interface LegacyDelivery {
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly properties: Record<string, unknown>;
}

/** An external archive system as they are in the field: a plain consumer of the legacy queue, with automatic acknowledgement. */
export class LegacyConsumer {
  readonly deliveries: LegacyDelivery[] = [];

  private constructor(
    private readonly connection: ChannelModel,
    readonly channel: Channel,
  ) {}

  /** Declares exchange, queue and binding exactly as SciCat does, then consumes. */
  static async open(url: string, exchange: string, queue: string, key: string): Promise<LegacyConsumer> {
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.assertQueue(queue, { durable: true });
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.bindQueue(queue, exchange, key);
    const consumer = new LegacyConsumer(connection, channel);
    await channel.consume(
      queue,
      (message) => {
        if (message === null) return;
        const text = message.content.toString('utf8');
        consumer.deliveries.push({
          text,
          body: JSON.parse(text) as Record<string, unknown>,
          properties: { ...message.properties },
        });
      },
      { noAck: true },
    );
    return consumer;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
