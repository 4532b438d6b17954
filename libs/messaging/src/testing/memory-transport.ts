import { CatenaError, TransientError } from '#kernel';
import type { Place } from '../catalogue-side.js';
import {
  MessageTransport,
  type ConsumeOptions,
  type Delivery,
  type QueueLook,
  type QueueDeclaration,
  type Settlement,
  type Subscription,
  type Topology,
  type WireMessage,
} from '../message-transport.js';
import type { MemoryPlaces } from './memory-places.js';

interface Entry {
  readonly message: WireMessage;
  readonly userId: string;
  returns: number;
}

interface Queue {
  readonly declaration: QueueDeclaration;
  readonly waiting: Entry[];
  readonly consumers: Set<Consumer>;
}

interface Consumer {
  readonly prefetch: number;
  readonly handler: (delivery: Delivery) => Promise<Settlement>;
  readonly inFlight: Set<Promise<void>>;
}

/** A place that a transport holds while it is connected, as `RabbitOptions.place`. */
export interface MemoryHold {
  readonly place: Place;
  readonly at: MemoryPlaces;
  readonly onFatal: (error: CatenaError) => void;
}

/** The broker's in-memory twin: same behaviour suite, nothing outside the process. */
export class MemoryTransport extends MessageTransport {
  private readonly queues = new Map<string, Queue>();
  private readonly bindings = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly listeners: (() => void)[] = [];
  private fatal: CatenaError | undefined;
  connected: boolean;

  constructor(
    readonly account = 'memory',
    private readonly hold?: MemoryHold,
  ) {
    super();
    this.connected = this.takePlace();
  }

  declare(topology: Topology): Promise<void> {
    if (this.fatal !== undefined) return Promise.reject(this.fatal);
    for (const declaration of topology.queues) {
      if (!this.queues.has(declaration.name))
        this.queues.set(declaration.name, { declaration, waiting: [], consumers: new Set() });
    }
    for (const { queue, exchange, key } of topology.bindings)
      this.bindings.add(bindingKey(exchange, key, queue));
    return Promise.resolve();
  }

  look(queues: readonly string[]): Promise<ReadonlyMap<string, QueueLook>> {
    if (!this.connected)
      return Promise.reject(new TransientError('messaging.not-connected', 'The broker is not connected.'));
    const looks = queues.flatMap((name): [string, QueueLook][] => {
      const queue = this.queues.get(name);
      return queue === undefined
        ? []
        : [[name, { messages: queue.waiting.length, consumers: queue.consumers.size }]];
    });
    return Promise.resolve(new Map(looks));
  }

  publish(message: WireMessage): Promise<void> {
    return this.publishAs(this.account, message);
  }

  /** As another program with this account would. */
  async publishAs(account: string, message: WireMessage): Promise<void> {
    await Promise.resolve();
    if (!this.connected) throw new TransientError('messaging.not-connected', 'The broker is not connected.');
    if (!this.route(message, account)) {
      throw new TransientError(
        'messaging.unroutable',
        `No queue takes ${message.exchange}/${message.routingKey} (message ${message.messageId}).`,
      );
    }
  }

  send(message: WireMessage): void {
    if (this.connected) this.route(message, this.account);
  }

  consume(
    name: string,
    { prefetch }: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<Settlement>,
  ): Promise<Subscription> {
    const queue = this.queues.get(name);
    if (queue === undefined) return Promise.reject(new Error(`Queue ${name} was not declared.`));
    const consumer: Consumer = { prefetch, handler, inFlight: new Set() };
    queue.consumers.add(consumer);
    this.dispatch(queue);
    return Promise.resolve({
      drain: async () => {
        queue.consumers.delete(consumer);
        await Promise.all(consumer.inFlight);
      },
    });
  }

  onConnected(listener: () => void): void {
    this.listeners.push(listener);
    if (this.connected) queueMicrotask(listener);
  }

  /** Whether a queue holds nothing and nobody works on what it held. */
  isEmpty(name: string): boolean {
    const queue = this.queues.get(name);
    return (
      queue === undefined ||
      (queue.waiting.length === 0 && [...queue.consumers].every(({ inFlight }) => inFlight.size === 0))
    );
  }

  /** Cuts or restores the connection. */
  setConnected(connected: boolean): void {
    if (!connected) this.leavePlace();
    this.connected = connected && this.takePlace();
    if (!this.connected) return;
    for (const listener of this.listeners) listener();
    for (const queue of this.queues.values()) this.dispatch(queue);
  }

  close(): Promise<void> {
    this.connected = false;
    this.leavePlace();
    for (const timer of this.timers) clearTimeout(timer);
    return Promise.resolve();
  }

  /** False: another kind has it, and this transport never comes back. */
  private takePlace(): boolean {
    if (this.fatal !== undefined) return false;
    try {
      this.hold?.at.take(this.hold.place, this);
      return true;
    } catch (error) {
      if (!(error instanceof CatenaError)) throw error;
      this.fatal = error;
      this.hold?.onFatal(error);
      return false;
    }
  }

  private leavePlace(): void {
    this.hold?.at.leave(this.hold.place, this);
  }

  private route(message: WireMessage, userId: string): boolean {
    const targets = [...this.queues.keys()].filter((queue) =>
      message.exchange === ''
        ? queue === message.routingKey
        : this.bindings.has(bindingKey(message.exchange, message.routingKey, queue)),
    );
    for (const target of targets) this.enqueue(target, message, userId);
    return targets.length > 0;
  }

  private enqueue(name: string, message: WireMessage, userId: string): void {
    const queue = this.queues.get(name);
    if (queue === undefined) return;
    const entry = { message, userId, returns: 0 };
    queue.waiting.push(entry);
    const { messageTtl } = queue.declaration;
    if (messageTtl !== undefined) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        const index = queue.waiting.indexOf(entry);
        if (index < 0) return;
        queue.waiting.splice(index, 1);
        this.deadLetter(queue, entry);
      }, messageTtl);
      this.timers.add(timer);
    }
    this.dispatch(queue);
  }

  private dispatch(queue: Queue): void {
    for (const consumer of queue.consumers) {
      while (this.connected && queue.waiting.length > 0 && consumer.inFlight.size < consumer.prefetch)
        this.deliver(queue, consumer);
    }
  }

  private deliver(queue: Queue, consumer: Consumer): void {
    const entry = queue.waiting.shift();
    if (entry === undefined) return;
    const settled = Promise.resolve()
      .then(() =>
        consumer.handler({ ...entry.message, userId: entry.userId, redelivered: entry.returns > 0 }),
      )
      .then((settlement) => {
        consumer.inFlight.delete(settled);
        if (settlement === 'requeue') this.giveBack(queue, entry);
        this.dispatch(queue);
      });
    consumer.inFlight.add(settled);
  }

  private giveBack(queue: Queue, entry: Entry): void {
    entry.returns += 1;
    const { deliveryLimit } = queue.declaration;
    if (deliveryLimit !== undefined && entry.returns > deliveryLimit) this.deadLetter(queue, entry);
    else queue.waiting.unshift(entry);
  }

  /** The message keeps the account of its publisher, as at the broker. */
  private deadLetter({ declaration }: Queue, { message, userId }: Entry): void {
    const { deadLetterTo, deadLetterExchange = '' } = declaration;
    if (deadLetterTo !== undefined)
      this.route({ ...message, exchange: deadLetterExchange, routingKey: deadLetterTo }, userId);
  }
}

function bindingKey(exchange: string, key: string, queue: string): string {
  return JSON.stringify([exchange, key, queue]);
}
