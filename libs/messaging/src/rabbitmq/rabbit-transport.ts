import { CatenaError, lifeSigns, messageOf, TransientError, type LifeSigns } from '#kernel';
import type { Logger } from '#observability';
import {
  MessageTransport,
  type ConsumeOptions,
  type Delivery,
  type QueueLook,
  type Settlement,
  type Subscription,
  type Topology,
  type WireMessage,
} from '../message-transport.js';
import { notePublished } from '../measured.js';
import type { Place } from '../catalogue-side.js';
import type { BrokerLine } from './broker-line.js';
import { ConfirmingPublisher } from './confirming-publisher.js';
import { declareTopology } from './declare-topology.js';
import { HeldPlace } from './held-place.js';
import { lookAtQueue } from './look-at-queue.js';
import { RabbitSubscription } from './rabbit-subscription.js';
import { SupervisedConnection } from './supervised-connection.js';

export interface RabbitOptions {
  /** `amqp://` or `amqps://`, credentials included. */
  readonly url: string;
  /** Shown in the broker's management pages. */
  readonly connectionName: string;
  /** Unconfirmed messages at once. Default 200. */
  readonly window?: number;
  /** Milliseconds to wait for a confirm. Default 10 000. */
  readonly confirmTimeout?: number;
  /** Milliseconds the broker may take for any other answer before its connection is given up. Default 30 000. */
  readonly answerLimit?: number;
  /** Both connections hold it before they carry anything, after each break anew; another kind that has it is fatal. */
  readonly place?: Place | undefined;
  /** Default: those of the process. */
  readonly signs?: LifeSigns;
  /** Called when the broker's topology contradicts ours, or another app has our place: an operator must act. */
  readonly onFatal: (error: CatenaError) => void;
}

/**
 * RabbitMQ 3.10 to 4.x. Two connections, because a publisher the broker holds back must not hold back
 * acknowledgements. Constructing it starts connecting; nothing waits for the broker except publishing itself.
 */
export class RabbitTransport extends MessageTransport {
  private readonly publisher: ConfirmingPublisher;
  private readonly topologies: Topology[] = [];
  private readonly subscriptions: RabbitSubscription[] = [];
  private readonly listeners: (() => void)[] = [];
  private readonly outgoing: SupervisedConnection;
  private readonly incoming: SupervisedConnection;
  private readonly places: readonly HeldPlace[];
  private incomingLine: BrokerLine | undefined;
  private fatal: CatenaError | undefined;

  constructor(
    private readonly options: RabbitOptions,
    private readonly logger: Logger,
  ) {
    super();
    this.publisher = new ConfirmingPublisher(
      this.account,
      options.window ?? 200,
      options.confirmTimeout ?? 10_000,
      logger,
    );
    const { place } = options;
    const held = ['publish', 'consume'].map(() => (place === undefined ? undefined : new HeldPlace(place)));
    this.places = held.filter((one) => one !== undefined);
    const holding =
      (one: HeldPlace | undefined, setUp: (line: BrokerLine) => Promise<void>) =>
      async (line: BrokerLine): Promise<void> => {
        await one?.take(line);
        await setUp(line);
      };
    this.outgoing = this.supervised(
      'publish',
      holding(held[0], (line) => this.setUpOutgoing(line)),
    );
    this.incoming = this.supervised(
      'consume',
      holding(held[1], (line) => this.setUpIncoming(line)),
    );
  }

  get account(): string {
    return accountIn(this.options.url);
  }

  get connected(): boolean {
    return this.publisher.ready && this.incoming.connected;
  }

  async declare(topology: Topology): Promise<void> {
    if (this.fatal !== undefined) throw this.fatal;
    this.topologies.push(topology);
    await this.now((line) => declareTopology(line, topology));
  }

  async publish(message: WireMessage): Promise<void> {
    const start = performance.now();
    await this.publisher.publish(message);
    notePublished(message.exchange, message.type, start);
  }

  send(message: WireMessage): void {
    this.publisher.send(message);
  }

  async consume(
    queue: string,
    { prefetch }: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<Settlement>,
  ): Promise<Subscription> {
    const subscription = new RabbitSubscription(
      queue,
      prefetch,
      handler,
      this.logger,
      this.options.signs ?? lifeSigns,
    );
    this.subscriptions.push(subscription);
    await this.now((line) => subscription.open(line));
    return subscription;
  }

  async look(queues: readonly string[]): Promise<ReadonlyMap<string, QueueLook>> {
    const line = this.incomingLine;
    if (line === undefined)
      throw new TransientError(
        'messaging.not-connected',
        'Expected the broker to be there, found it away: try again.',
      );
    const looks = new Map<string, QueueLook>();
    for (const queue of queues) {
      const look = await lookAtQueue(line, queue);
      if (look !== undefined) looks.set(queue, look);
    }
    return looks;
  }

  onConnected(listener: () => void): void {
    this.listeners.push(listener);
    if (this.publisher.ready) listener();
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.drain()));
    // One after the other: the last one sees that it is the last.
    for (const place of this.places) await place.release();
    await Promise.all([this.outgoing.close(), this.incoming.close()]);
  }

  private supervised(purpose: string, setUp: (line: BrokerLine) => Promise<void>): SupervisedConnection {
    const { url, connectionName, answerLimit = 30_000, signs } = this.options;
    return new SupervisedConnection(
      {
        name: `${connectionName} ${purpose}`,
        url,
        answerLimit,
        setUp,
        onFatal: (error) => this.isFatal(error),
        ...(signs === undefined ? {} : { signs }),
      },
      this.logger,
    );
  }

  private async setUpOutgoing(line: BrokerLine): Promise<void> {
    for (const topology of this.topologies) await declareTopology(line, topology);
    await this.publisher.open(line);
    for (const listener of this.listeners) listener();
  }

  private async setUpIncoming(line: BrokerLine): Promise<void> {
    this.incomingLine = undefined;
    let declared = 0;
    let opened = 0;
    // Both lists may grow while we wait for the broker.
    while (declared < this.topologies.length || opened < this.subscriptions.length) {
      for (; declared < this.topologies.length; declared += 1)
        await declareTopology(line, this.topologies[declared]!);
      for (; opened < this.subscriptions.length; opened += 1) await this.subscriptions[opened]!.open(line);
    }
    this.incomingLine = line;
    void line.ended.then(() => {
      if (this.incomingLine === line) this.incomingLine = undefined;
    });
  }

  /** What fails for now is remembered, and done on the next connection: nobody has to ask again. */
  private async now(work: (line: BrokerLine) => Promise<void>): Promise<void> {
    const line = this.incomingLine;
    if (line === undefined) return;
    try {
      await work(line);
    } catch (error) {
      if (error instanceof CatenaError && !error.retriable) throw error;
      this.logger.warn(
        { error: messageOf(error) },
        'the broker did not do it now; on the next connection again',
      );
      void line.close();
    }
  }

  private isFatal(error: unknown): boolean {
    if (!(error instanceof CatenaError) || error.retriable) return false;
    this.fatal = error;
    this.options.onFatal(error);
    return true;
  }
}

function accountIn(url: string): string {
  const { username } = new URL(url);
  return username === '' ? 'guest' : decodeURIComponent(username);
}
