import { newId } from '#kernel';
import type { Logger } from '#observability';
import { maxHeard } from '../broker-accounts.js';
import type { Naming } from '../naming.js';
import type { BrokerLine } from './broker-line.js';
import { SupervisedConnection } from './supervised-connection.js';

export interface BrokerTapOptions {
  readonly url: string;
  readonly naming: Naming;
  readonly connectionName: string;
  /** Types of messages that are heard (`heardTypes`). */
  readonly types: readonly string[];
  /** Called with the context of each message, such as `archival`. What is in it is not looked at. Must not throw. */
  readonly onHeard: (context: string) => void;
  /** Milliseconds the broker may take for one answer. Default 20 s. */
  readonly answerLimit?: number;
}

/**
 * Hears that there are messages, and takes none of them away: a queue of its own that only this connection may use, that the broker
 * deletes with it, and that no app counts on. Whoever listens in this way can block nobody, and may miss what comes while it is away.
 */
export class BrokerTap {
  private readonly connection: SupervisedConnection;
  private isClosing = false;

  constructor(
    private readonly options: BrokerTapOptions,
    logger: Logger,
  ) {
    const { url, connectionName: name, answerLimit = 20_000 } = options;
    this.connection = new SupervisedConnection(
      { name, url, answerLimit, setUp: (line) => this.listen(line), onFatal: () => false },
      logger,
    );
  }

  /** Whether it hears everything at this moment. */
  get connected(): boolean {
    return this.connection.connected;
  }

  close(): Promise<void> {
    this.isClosing = true;
    return this.connection.close();
  }

  private async listen(line: BrokerLine): Promise<void> {
    const { naming, types, onHeard } = this.options;
    const channel = await line.answer('open a channel', line.connection.createChannel());
    channel.on('error', () => undefined);
    // Without its channel it hears nothing: another connection is opened.
    channel.once('close', () => {
      if (!this.isClosing) line.cut('the channel of a listener was closed');
    });
    const queue = naming.listenersQueueOf(newId());
    await line.answer(
      'declare a queue',
      channel.assertQueue(queue, {
        ...{ exclusive: true, autoDelete: true, durable: false },
        arguments: { 'x-max-length': maxHeard, 'x-overflow': 'drop-head' },
      }),
    );
    const exchanges = new Map(types.map((type) => [naming.exchangeOf(type), type.split('.', 1)[0] ?? '']));
    for (const type of types)
      await line.answer('bind a queue', channel.bindQueue(queue, naming.exchangeOf(type), type));
    await line.answer(
      'consume',
      channel.consume(
        queue,
        (message) => {
          if (message === null)
            return this.isClosing ? undefined : line.cut('the queue of a listener is gone');
          const context = exchanges.get(message.fields.exchange);
          if (context !== undefined) onHeard(context);
        },
        { noAck: true, exclusive: true },
      ),
    );
  }
}
