import { TransientError } from '#kernel';
import {
  MessageTransport,
  type Delivery,
  type QueueLook,
  type Settlement,
  type Subscription,
  type Topology,
  type WireMessage,
} from '#messaging';
import { Gate } from '../world/gate.js';
import type { SimulatedProcess } from '../world/simulated-process.js';
import type { World } from '../world/world.js';

type QueueDeclaration = Topology['queues'][number];

interface Held {
  readonly message: WireMessage;
  readonly userId: string;
  returns: number;
}

interface Queue {
  readonly declaration: QueueDeclaration;
  readonly waiting: Held[];
  readonly consumers: Consumer[];
}

interface Consumer {
  readonly link: Link;
  readonly prefetch: number;
  readonly handler: (delivery: Delivery) => Promise<Settlement>;
  readonly unsettled: Set<Held>;
}

/** One connection of a process; after a cut it has a new number, and what was settled under the old one does not count. */
interface Link {
  readonly process: SimulatedProcess;
  readonly life: number;
  session: number;
  isUp: boolean;
  readonly listeners: (() => void)[];
}

/** A message went through the broker, or was lost there. */
export type MessageWatcher = (message: WireMessage, what: 'taken' | 'lost' | 'unroutable') => void;

/** A broker with quorum queues: what it has confirmed it keeps, except where the weather says that it loses it. */
export class SimulatedBroker {
  private readonly queues = new Map<string, Queue>();
  private readonly bindings = new Map<string, Set<string>>();
  private readonly links = new Set<Link>();
  readonly watchers: MessageWatcher[] = [];

  constructor(private readonly world: World) {}

  transportOf(process: SimulatedProcess, account: string): MessageTransport {
    const link: Link = { process, life: process.life, session: 0, isUp: true, listeners: [] };
    this.links.add(link);
    return new SimulatedTransport(this.world, this, link, account);
  }

  /** The connections of a process break; what it had not settled goes back. They come again after a while, if it lives. */
  cut(process: SimulatedProcess, milliseconds?: number): void {
    for (const link of this.links) {
      if (link.process !== process) continue;
      link.isUp = false;
      link.session += 1;
      for (const queue of this.queues.values()) this.takeBack(queue, link);
      if (milliseconds === undefined) this.links.delete(link);
      else
        this.world.scheduler.after(milliseconds, process, 'the broker is back', () => this.reconnect(link));
    }
  }

  /** What waits somewhere, by queue; what consumers have not settled is counted. */
  waiting(): Map<string, WireMessage[]> {
    const found = new Map<string, WireMessage[]>();
    for (const [name, queue] of this.queues) {
      const held = [...queue.waiting, ...queue.consumers.flatMap(({ unsettled }) => [...unsettled])];
      if (held.length > 0)
        found.set(
          name,
          held.map(({ message }) => message),
        );
    }
    return found;
  }

  declare(topology: Topology): void {
    for (const declaration of topology.queues)
      if (!this.queues.has(declaration.name))
        this.queues.set(declaration.name, { declaration, waiting: [], consumers: [] });
    for (const { queue, exchange, key } of topology.bindings) {
      const route = `${exchange}\n${key}`;
      this.bindings.set(route, (this.bindings.get(route) ?? new Set()).add(queue));
    }
  }

  /** @returns whether a queue has taken it */
  route(message: WireMessage, userId: string): boolean {
    const targets =
      message.exchange === ''
        ? [message.routingKey].filter((name) => this.queues.has(name))
        : [...(this.bindings.get(`${message.exchange}\n${message.routingKey}`) ?? [])];
    for (const target of targets) this.take(target, message, userId);
    if (targets.length === 0) this.tell(message, 'unroutable');
    return targets.length > 0;
  }

  look(names: readonly string[]): Map<string, QueueLook> {
    return new Map(
      names.flatMap((name): [string, QueueLook][] => {
        const queue = this.queues.get(name);
        if (queue === undefined) return [];
        return [[name, { messages: queue.waiting.length, consumers: queue.consumers.length }]];
      }),
    );
  }

  consume(name: string, consumer: Consumer): void {
    const queue = this.queues.get(name);
    if (queue === undefined) throw new Error(`Expected the queue ${name}, found none of this name.`);
    queue.consumers.push(consumer);
    this.dispatch(queue);
  }

  private take(name: string, message: WireMessage, userId: string): void {
    const { chance, weather } = this.world;
    if (weather.lost > 0 && chance.happens(`lost in ${name}`, weather.lost))
      return this.tell(message, 'lost');
    this.tell(message, 'taken');
    this.enqueue(name, { message, userId, returns: 0 });
    if (weather.doubled > 0 && chance.happens(`doubled in ${name}`, weather.doubled))
      this.enqueue(name, { message, userId, returns: 1 });
  }

  private tell(message: WireMessage, what: 'taken' | 'lost' | 'unroutable'): void {
    for (const watch of this.watchers) watch(message, what);
  }

  private enqueue(name: string, held: Held): void {
    const queue = this.queues.get(name)!;
    queue.waiting.push(held);
    const { messageTtl } = queue.declaration;
    if (messageTtl !== undefined)
      this.world.scheduler.after(messageTtl, undefined, `${name}: expiry`, () => {
        const at = queue.waiting.indexOf(held);
        if (at < 0) return;
        queue.waiting.splice(at, 1);
        this.deadLetter(queue, held);
      });
    this.dispatch(queue);
  }

  private dispatch(queue: Queue): void {
    for (;;) {
      const free = queue.consumers.filter(
        ({ link, unsettled, prefetch }) => link.isUp && unsettled.size < prefetch,
      );
      if (free.length === 0) return;
      const held = queue.waiting.shift();
      if (held === undefined) return;
      const { name } = queue.declaration;
      this.deliver(
        queue,
        held,
        free.length === 1 ? free[0]! : this.world.chance.oneOf(`who takes ${name}`, free),
      );
    }
  }

  private deliver(queue: Queue, held: Held, consumer: Consumer): void {
    const { scheduler } = this.world;
    const { link, unsettled, handler } = consumer;
    const { session, process, life } = link;
    const { name } = queue.declaration;
    unsettled.add(held);
    const isStillMine = (): boolean =>
      unsettled.has(held) && link.session === session && process.life === life;
    scheduler.after(
      this.world.delay(`${name} to ${process.name}`),
      process,
      `${process.name} gets ${held.message.type || 'a message'} ${held.message.messageId}`,
      () => {
        if (!isStillMine()) return;
        void handler({ ...held.message, userId: held.userId, redelivered: held.returns > 0 }).then(
          (settlement) => {
            if (process.life !== life) return;
            scheduler.after(
              this.world.delay(`settle ${name}`),
              undefined,
              `${process.name} settles ${settlement}`,
              () => {
                if (!isStillMine()) return;
                unsettled.delete(held);
                if (settlement === 'requeue') this.giveBack(queue, held);
                this.dispatch(queue);
              },
            );
          },
        );
      },
    );
  }

  private takeBack(queue: Queue, link: Link): void {
    for (const consumer of queue.consumers.filter((one) => one.link === link)) {
      for (const held of [...consumer.unsettled].reverse()) this.giveBack(queue, held);
      consumer.unsettled.clear();
    }
    if (!link.process.isAlive || link.process.life !== link.life)
      queue.consumers.splice(
        0,
        queue.consumers.length,
        ...queue.consumers.filter((one) => one.link !== link),
      );
    this.dispatch(queue);
  }

  private giveBack(queue: Queue, held: Held): void {
    held.returns += 1;
    const { deliveryLimit } = queue.declaration;
    if (deliveryLimit !== undefined && held.returns > deliveryLimit) this.deadLetter(queue, held);
    else queue.waiting.unshift(held);
  }

  private deadLetter({ declaration }: Queue, { message, userId }: Held): void {
    const { deadLetterTo, deadLetterExchange = '' } = declaration;
    if (deadLetterTo !== undefined)
      this.route({ ...message, exchange: deadLetterExchange, routingKey: deadLetterTo }, userId);
  }

  private reconnect(link: Link): void {
    link.isUp = true;
    for (const listener of link.listeners) listener();
    for (const queue of this.queues.values()) this.dispatch(queue);
  }
}

class SimulatedTransport extends MessageTransport {
  private readonly gate: Gate;

  constructor(
    private readonly world: World,
    private readonly broker: SimulatedBroker,
    private readonly link: Link,
    readonly account: string,
  ) {
    super();
    this.gate = new Gate(world, link.process, 'broker', unconfirmed);
  }

  get connected(): boolean {
    return this.link.isUp;
  }

  declare(topology: Topology): Promise<void> {
    return this.gate.persistently('declare', () => this.broker.declare(topology));
  }

  async publish(message: WireMessage): Promise<void> {
    if (!this.connected) throw notConnected();
    const { session } = this.link;
    const isRouted = await this.gate.call(`publish ${message.type || message.routingKey}`, () =>
      this.link.session === session ? this.broker.route(message, this.account) : undefined,
    );
    if (isRouted === undefined || this.link.session !== session) throw unconfirmed();
    if (!isRouted)
      throw new TransientError(
        'messaging.unroutable',
        `No queue takes ${message.exchange}/${message.routingKey} (message ${message.messageId}).`,
      );
  }

  send(message: WireMessage): void {
    if (!this.connected) return;
    const { chance, weather } = this.world;
    const { session, process } = this.link;
    const label = `${process.name} sends ${message.type}`;
    if (chance.happens(`unsent ${label}`, weather.refused + weather.unanswered)) return;
    this.world.scheduler.after(this.world.delay(label), undefined, label, () => {
      if (this.link.session === session) this.broker.route(message, this.account);
    });
  }

  async consume(
    queue: string,
    { prefetch }: { readonly prefetch: number },
    handler: (delivery: Delivery) => Promise<Settlement>,
  ): Promise<Subscription> {
    const consumer: Consumer = { link: this.link, prefetch, handler, unsettled: new Set() };
    await this.gate.persistently(`consume ${queue}`, () => this.broker.consume(queue, consumer));
    return { drain: () => Promise.resolve() };
  }

  look(queues: readonly string[]): Promise<ReadonlyMap<string, QueueLook>> {
    return this.gate.call('look', () => this.broker.look(queues));
  }

  onConnected(listener: () => void): void {
    this.link.listeners.push(listener);
    if (this.connected) queueMicrotask(listener);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function unconfirmed(): Error {
  return new TransientError(
    'messaging.unconfirmed',
    'Expected a confirm of the broker, found the connection broken.',
  );
}

function notConnected(): Error {
  return new TransientError('messaging.not-connected', 'The broker is not connected.');
}
