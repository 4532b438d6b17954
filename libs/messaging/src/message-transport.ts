/** A message as it goes over the wire. */
export interface WireMessage {
  /** Empty string: straight to the queue named by `routingKey`. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly messageId: string;
  readonly type: string;
  readonly timestamp: Date;
  readonly appId: string;
  readonly headers: Readonly<Record<string, string | number>>;
}

/** One delivery of a message to a consumer. */
export interface Delivery extends WireMessage {
  /** True when the broker may have delivered it before. */
  readonly redelivered: boolean;
  /** The account that published it, as the broker checked it; empty when its publisher did not say. */
  readonly userId: string;
}

export interface QueueDeclaration {
  readonly name: string;
  /** Queue, or with an exchange routing key, that takes what this one expires or gives up. */
  readonly deadLetterTo?: string;
  /** Exchange on the way there. Default: none. */
  readonly deadLetterExchange?: string;
  /**
   * Earlier versions declared it without `deadLetterExchange`: such a one is deleted, with what is in it, and made anew.
   * Only for queues whose messages their emitters send again.
   */
  readonly replacesDirect?: boolean;
  /** Milliseconds after which a message moves to `deadLetterTo`. */
  readonly messageTtl?: number;
  /** Returns (crashed consumers) after which a message moves to `deadLetterTo`. */
  readonly deliveryLimit?: number;
  /** Belongs to another system's consumers: taken as it is when it exists, else made durable and without arguments. */
  readonly foreign?: boolean;
}

export interface Topology {
  readonly exchanges: readonly {
    readonly name: string;
    readonly kind: 'topic' | 'direct';
    readonly foreign?: boolean;
    /** Several apps use it: taken as it is when it exists. */
    readonly shared?: boolean;
  }[];
  readonly queues: readonly QueueDeclaration[];
  readonly bindings: readonly { readonly queue: string; readonly exchange: string; readonly key: string }[];
}

export interface ConsumeOptions {
  /** Deliveries in flight at once. */
  readonly prefetch: number;
}

/** What waits in a queue, and how many listen to it. */
export interface QueueDepth {
  readonly queue: string;
  readonly messages: number;
  readonly consumers: number;
}

/** `ack`: settled for good. `requeue`: deliver again; only for when even the retry tier was out of reach. */
export type Settlement = 'ack' | 'requeue';

export interface Subscription {
  /** Takes no more deliveries and waits until the ones in flight are settled. */
  drain(): Promise<void>;
}

/**
 * The broker as a port. One behaviour suite (`#messaging/testing`) runs against every adapter.
 */
export abstract class MessageTransport {
  /**
   * Makes sure that exchanges, queues and bindings exist; remembered and repeated after each reconnection.
   *
   * @throws PermanentError `messaging.topology-drift` when one exists with other arguments
   */
  abstract declare(topology: Topology): Promise<void>;

  /**
   * Resolves when the broker has taken the message durably and at least one queue holds it. After a failure the
   * outcome is unknown: publish again with the same `messageId`.
   *
   * @throws TransientError `messaging.not-connected`, `messaging.unroutable`, `messaging.unconfirmed`
   */
  abstract publish(message: WireMessage): Promise<void>;

  /** Sends without waiting for anything; lost when the broker is away. For progress and receipts only. */
  abstract send(message: WireMessage): void;

  /** Delivers to `handler`, across reconnections, until drained. `handler` must not throw. */
  abstract consume(
    queue: string,
    options: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<Settlement>,
  ): Promise<Subscription>;

  /**
   * What waits in queues that were declared here.
   *
   * @throws TransientError `messaging.no-answer`, `messaging.not-connected`
   */
  abstract depths(queues: readonly string[]): Promise<QueueDepth[]>;

  /** Calls back each time the broker can be reached (again). */
  abstract onConnected(listener: () => void): void;

  /** The account this transport publishes with; the broker refuses any other one in a message. */
  abstract get account(): string;

  abstract get connected(): boolean;

  abstract close(): Promise<void>;
}
