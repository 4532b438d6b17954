import { TransientError } from '#kernel';
import {
  MessageTransport,
  type ConsumeOptions,
  type Delivery,
  type QueueDeclaration,
  type Settlement,
  type Subscription,
  type Topology,
  type WireMessage,
} from '../message-transport.js';

interface Queue {
  readonly declaration: QueueDeclaration;
  readonly waiting: { message: WireMessage; returns: number }[];
  readonly consumers: Set<Consumer>;
}

interface Consumer {
  readonly prefetch: number;
  readonly handler: (delivery: Delivery) => Promise<Settlement>;
  readonly inFlight: Set<Promise<void>>;
}

/** The broker's in-memory twin: same behaviour suite, nothing outside the process. */
export class MemoryTransport extends MessageTransport {
  private readonly queues = new Map<string, Queue>();
  private readonly bindings = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly listeners: (() => void)[] = [];
  connected = true;

  declare(topology: Topology): Promise<void> {
    for (const declaration of topology.queues) {
      if (!this.queues.has(declaration.name))
        this.queues.set(declaration.name, { declaration, waiting: [], consumers: new Set() });
    }
    for (const { queue, exchange, key } of topology.bindings)
      this.bindings.add(bindingKey(exchange, key, queue));
    return Promise.resolve();
  }

  async publish(message: WireMessage): Promise<void> {
    await Promise.resolve();
    if (!this.connected) throw new TransientError('messaging.not-connected', 'The broker is not connected.');
    if (!this.route(message)) {
      throw new TransientError(
        'messaging.unroutable',
        `No queue takes ${message.exchange}/${message.routingKey} (message ${message.messageId}).`,
      );
    }
  }

  send(message: WireMessage): void {
    if (this.connected) this.route(message);
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

  /** Cuts or restores the connection. */
  setConnected(connected: boolean): void {
    this.connected = connected;
    if (!connected) return;
    for (const listener of this.listeners) listener();
    for (const queue of this.queues.values()) this.dispatch(queue);
  }

  close(): Promise<void> {
    this.connected = false;
    for (const timer of this.timers) clearTimeout(timer);
    return Promise.resolve();
  }

  private route(message: WireMessage): boolean {
    const targets = [...this.queues.keys()].filter((queue) =>
      message.exchange === ''
        ? queue === message.routingKey
        : this.bindings.has(bindingKey(message.exchange, message.routingKey, queue)),
    );
    for (const target of targets) this.enqueue(target, message);
    return targets.length > 0;
  }

  private enqueue(name: string, message: WireMessage): void {
    const queue = this.queues.get(name);
    if (queue === undefined) return;
    const entry = { message, returns: 0 };
    queue.waiting.push(entry);
    const { messageTtl, deadLetterTo } = queue.declaration;
    if (messageTtl !== undefined && deadLetterTo !== undefined) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        const index = queue.waiting.indexOf(entry);
        if (index < 0) return;
        queue.waiting.splice(index, 1);
        this.enqueue(deadLetterTo, { ...message, exchange: '', routingKey: deadLetterTo });
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
      .then(() => consumer.handler({ ...entry.message, redelivered: entry.returns > 0 }))
      .then((settlement) => {
        consumer.inFlight.delete(settled);
        if (settlement === 'requeue') this.giveBack(queue, entry);
        this.dispatch(queue);
      });
    consumer.inFlight.add(settled);
  }

  private giveBack(queue: Queue, entry: { message: WireMessage; returns: number }): void {
    entry.returns += 1;
    const { deliveryLimit, deadLetterTo } = queue.declaration;
    if (deliveryLimit !== undefined && deadLetterTo !== undefined && entry.returns > deliveryLimit) {
      this.enqueue(deadLetterTo, { ...entry.message, exchange: '', routingKey: deadLetterTo });
    } else queue.waiting.unshift(entry);
  }
}

function bindingKey(exchange: string, key: string, queue: string): string {
  return JSON.stringify([exchange, key, queue]);
}
