import type { ChannelModel } from 'amqplib';
import { CatenaError } from '#kernel';
import type { Logger } from '#observability';
import {
  MessageTransport,
  type ConsumeOptions,
  type Delivery,
  type Settlement,
  type Subscription,
  type Topology,
  type WireMessage,
} from '../message-transport.js';
import { ConfirmingPublisher } from './confirming-publisher.js';
import { declareTopology } from './declare-topology.js';
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
  /** Called when the broker's topology contradicts ours: somebody must act. */
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
  private incomingConnection: ChannelModel | undefined;

  constructor(
    private readonly options: RabbitOptions,
    private readonly logger: Logger,
  ) {
    super();
    this.publisher = new ConfirmingPublisher(options.window ?? 200, options.confirmTimeout ?? 10_000);
    const fatal = (error: unknown): boolean => this.isFatal(error);
    this.outgoing = new SupervisedConnection(
      `${options.connectionName} publish`,
      options.url,
      (c) => this.setUpOutgoing(c),
      fatal,
      logger,
    );
    this.incoming = new SupervisedConnection(
      `${options.connectionName} consume`,
      options.url,
      (c) => this.setUpIncoming(c),
      fatal,
      logger,
    );
  }

  get connected(): boolean {
    return this.publisher.ready && this.incoming.connected;
  }

  async declare(topology: Topology): Promise<void> {
    this.topologies.push(topology);
    if (this.incomingConnection !== undefined) await declareTopology(this.incomingConnection, topology);
  }

  publish(message: WireMessage): Promise<void> {
    return this.publisher.publish(message);
  }

  send(message: WireMessage): void {
    this.publisher.send(message);
  }

  async consume(
    queue: string,
    { prefetch }: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<Settlement>,
  ): Promise<Subscription> {
    const subscription = new RabbitSubscription(queue, prefetch, handler, this.logger);
    this.subscriptions.push(subscription);
    if (this.incomingConnection !== undefined) await subscription.open(this.incomingConnection);
    return subscription;
  }

  onConnected(listener: () => void): void {
    this.listeners.push(listener);
    if (this.publisher.ready) listener();
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.drain()));
    await Promise.all([this.outgoing.close(), this.incoming.close()]);
  }

  private async setUpOutgoing(connection: ChannelModel): Promise<void> {
    for (const topology of this.topologies) await declareTopology(connection, topology);
    await this.publisher.open(connection);
    for (const listener of this.listeners) listener();
  }

  private async setUpIncoming(connection: ChannelModel): Promise<void> {
    this.incomingConnection = undefined;
    let declared = 0;
    let opened = 0;
    // Both lists may grow while we wait for the broker.
    while (declared < this.topologies.length || opened < this.subscriptions.length) {
      for (; declared < this.topologies.length; declared += 1)
        await declareTopology(connection, this.topologies[declared]!);
      for (; opened < this.subscriptions.length; opened += 1)
        await this.subscriptions[opened]!.open(connection);
    }
    this.incomingConnection = connection;
    connection.on('close', () => {
      if (this.incomingConnection === connection) this.incomingConnection = undefined;
    });
  }

  private isFatal(error: unknown): boolean {
    if (!(error instanceof CatenaError) || error.retriable) return false;
    this.options.onFatal(error);
    return true;
  }
}
