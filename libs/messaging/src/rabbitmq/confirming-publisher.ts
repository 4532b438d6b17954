import type { ConfirmChannel, Message } from 'amqplib';
import { messageOf, TransientError } from '#kernel';
import type { Logger } from '#observability';
import type { WireMessage } from '../message-transport.js';
import { headersFrom, secondsOf, textFrom } from '../wire-properties.js';
import type { BrokerLine } from './broker-line.js';

interface InFlight {
  readonly message: WireMessage;
  readonly settle: (error?: Error) => void;
}

/** Publishes with confirm and `mandatory`, a bounded window and a time-out; holds nothing in memory while disconnected. */
export class ConfirmingPublisher {
  private channel: ConfirmChannel | undefined;
  private line: BrokerLine | undefined;
  private readonly returned = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private inFlight = 0;

  /**
   * @param account stamped on each message, checked by the broker
   * @param window messages without confirm at once
   * @param timeout milliseconds to wait for a confirm
   */
  constructor(
    private readonly account: string,
    private readonly window: number,
    private readonly timeout: number,
    private readonly logger: Logger,
  ) {}

  async open(line: BrokerLine): Promise<void> {
    const channel = await line.answer('open a channel to publish', line.connection.createConfirmChannel());
    channel.on('return', (message: Message) => this.returned.add(String(message.properties.messageId)));
    channel.on('error', (error: unknown) =>
      this.logger.error({ error: messageOf(error) }, 'the broker closed the channel that publishes'),
    );
    channel.on('close', () => {
      if (this.channel !== channel) return;
      this.channel = undefined;
      // The owner of the connection opens the next channel with the next connection.
      void line.close();
    });
    this.channel = channel;
    this.line = line;
  }

  get ready(): boolean {
    return this.channel !== undefined;
  }

  async publish(message: WireMessage): Promise<void> {
    while (this.inFlight >= this.window) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.inFlight += 1;
    try {
      await new Promise<void>((resolve, reject) =>
        this.hand({ message, settle: (error) => (error ? reject(error) : resolve()) }),
      );
    } finally {
      this.inFlight -= 1;
      this.waiting.shift()?.();
    }
  }

  send(message: WireMessage): void {
    try {
      this.channel?.publish(
        message.exchange,
        message.routingKey,
        message.body,
        this.propertiesOf(message, false),
      );
    } catch {
      // The channel closed this very moment: a message without guarantee is allowed to be lost.
    }
  }

  private giveUp(channel: ConfirmChannel): void {
    const { line } = this;
    if (this.channel === channel && line !== undefined)
      void line.answer('close the channel that publishes', channel.close()).catch(() => undefined);
  }

  private hand({ message, settle }: InFlight): void {
    const channel = this.channel;
    if (channel === undefined)
      return settle(
        new TransientError(
          'messaging.not-connected',
          `The broker is not connected; message ${message.messageId} waits.`,
        ),
      );
    const timer = setTimeout(() => {
      settle(
        new TransientError(
          'messaging.unconfirmed',
          `The broker did not confirm message ${message.messageId} within ${this.timeout} ms.`,
        ),
      );
      // A queue that lost its leader never confirms: only a new channel gets rid of the pending confirms.
      this.giveUp(channel);
    }, this.timeout);
    try {
      channel.publish(
        message.exchange,
        message.routingKey,
        message.body,
        this.propertiesOf(message, true),
        (error: unknown) => {
          clearTimeout(timer);
          const unroutable = this.returned.delete(message.messageId);
          if (error)
            settle(
              new TransientError(
                'messaging.unconfirmed',
                `The broker refused message ${message.messageId}.`,
                { cause: error },
              ),
            );
          else if (unroutable)
            settle(
              new TransientError(
                'messaging.unroutable',
                `No queue takes ${message.exchange}/${message.routingKey} (message ${message.messageId}).`,
              ),
            );
          else settle();
        },
      );
    } catch (error) {
      clearTimeout(timer);
      settle(
        new TransientError(
          'messaging.not-connected',
          `The channel closed before message ${message.messageId} was sent.`,
          { cause: error },
        ),
      );
    }
  }

  private propertiesOf(message: WireMessage, durable: boolean): object {
    return {
      persistent: durable,
      mandatory: durable,
      contentType: textFrom(message.contentType),
      messageId: textFrom(message.messageId),
      type: textFrom(message.type),
      timestamp: secondsOf(message.timestamp),
      appId: textFrom(message.appId),
      userId: this.account,
      headers: headersFrom(message.headers),
    };
  }
}
