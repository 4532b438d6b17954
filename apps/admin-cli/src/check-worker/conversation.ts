import { contractOf, registry, type Envelope, type MessageContract } from '#contracts';
import { interruption } from '#command-line';
import { newId, wait, type Clock } from '#kernel';
import { wireMessageOf, type BrokerVisit, type Delivery, type Naming } from '#messaging';
import { Missing } from './missing.js';

/** An event as it came, read as far as it can be read: what is wrong with it is a matter of other checks. */
export interface Heard {
  readonly delivery: Delivery;
  readonly id: string;
  /** Without context and version: `copy-stored`. */
  readonly kind: string;
  readonly orderId: string;
  readonly attempt: unknown;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A command that was sent, with the attempts of its order that were. */
export interface SentOrder {
  readonly target: string;
  readonly check: string;
  readonly attempts: Set<number>;
}

const passing = ['copy-accepted', 'copy-progressed'];

/** Types of the events that end an order, as `copy-stored`. */
export const endKinds: readonly string[] = registry
  .filter(({ emitter }) => emitter === 'worker')
  .map(({ type }) => kindOf(type))
  .filter((kind) => !passing.includes(kind));

/** What is said between the checks, in the place of job-assembler, and the worker. */
export class Conversation {
  readonly heard: Heard[] = [];
  readonly sent = new Map<string, SentOrder>();
  private more = new AbortController();

  constructor(
    private readonly visit: BrokerVisit,
    private readonly naming: Naming,
    private readonly clock: Clock,
    /** Milliseconds. */
    private readonly patience: number,
    private readonly signal: AbortSignal,
  ) {}

  async listen(): Promise<void> {
    const [contract] = registry.filter(({ emitter }) => emitter === 'worker');
    await this.visit.hear(this.naming.exchangeOf(contract!.type), ['#'], (delivery) => this.hear(delivery));
  }

  /** @returns the envelope: to send it again, as a broker would */
  async send(
    contract: MessageContract,
    data: { readonly orderId: string; readonly target: string; readonly attempt: number },
    check: string,
  ): Promise<Envelope> {
    const { orderId, target, attempt } = data;
    const order = this.sent.get(orderId) ?? { target, check, attempts: new Set() };
    order.attempts.add(attempt);
    this.sent.set(orderId, order);
    const envelope: Envelope = {
      specversion: '1.0',
      id: newId(),
      source: '/catena/job-assembler',
      type: contract.type,
      subject: orderId,
      time: this.clock.now().toISOString(),
      datacontenttype: 'application/json',
      sequence: attempt,
      partitionkey: orderId,
      data,
    };
    await this.sendAgain(envelope);
    return envelope;
  }

  async sendAgain(envelope: Envelope): Promise<void> {
    await this.visit.publish(wireMessageOf(this.naming, envelope));
  }

  /** Straight into the queue of a target, whatever it is. */
  async sendRubbish(target: string, body: Buffer): Promise<void> {
    await this.visit.publish({
      exchange: '',
      routingKey: this.naming.workerQueueOf(target),
      body,
      contentType: 'application/cloudevents+json',
      messageId: newId(),
      type: '',
      timestamp: this.clock.now(),
      appId: 'job-assembler',
      headers: {},
    });
  }

  /** How many messages come back into the queue, although nothing is sent. They are taken out. */
  leftOver(target: string): Promise<number> {
    return this.visit.takeOut(this.naming.workerQueueOf(target), 1000);
  }

  /**
   * The first event that is meant, since then. Whoever says how far it is gets more time.
   *
   * @param since how many events there were
   * @param isLife whose word of how far it is gives more time: anybody's unless said
   * @throws Missing when none comes in time
   */
  async until(
    isMeant: (heard: Heard) => boolean,
    expected: string,
    since = 0,
    patience = this.patience,
    isLife: (heard: Heard) => boolean = () => true,
  ): Promise<Heard> {
    const start = this.clock.now().getTime();
    let end = start + patience;
    for (let seen = since; ;) {
      for (; seen < this.heard.length; seen += 1) {
        const heard = this.heard[seen]!;
        if (isMeant(heard)) return heard;
        if (heard.kind === 'copy-progressed' && isLife(heard))
          end = Math.min(this.clock.now().getTime() + patience, start + 10 * patience);
      }
      if (this.signal.aborted) throw interruption();
      const left = end - this.clock.now().getTime();
      if (left <= 0) throw new Missing(`Expected ${expected} within ${patience / 1000} s, found none.`);
      await wait(left, AbortSignal.any([this.more.signal, this.signal]));
    }
  }

  /** What ends this attempt of an order. */
  end(orderId: string, attempt: number, since = 0): Promise<Heard> {
    const isOne = (heard: Heard): boolean =>
      heard.orderId === orderId && heard.attempt === attempt && endKinds.includes(heard.kind);
    return this.until(isOne, `an event that ends ${orderId}, attempt ${attempt}`, since);
  }

  private hear(delivery: Delivery): void {
    const { id, type, data } = read(delivery.body);
    if (contractOf(type)?.kind === 'command') return;
    const { orderId, attempt } = data;
    this.heard.push({
      ...{ delivery, id, kind: kindOf(type), attempt, data },
      orderId: typeof orderId === 'string' ? orderId : '',
    });
    const { more } = this;
    this.more = new AbortController();
    more.abort();
  }
}

function read(body: Buffer): { id: string; type: string; data: Record<string, unknown> } {
  let plain: unknown;
  try {
    plain = JSON.parse(body.toString('utf8'));
  } catch {
    plain = undefined;
  }
  const { id, type, data } = (plain ?? {}) as Record<string, unknown>;
  const isObject = typeof data === 'object' && data !== null;
  return {
    id: typeof id === 'string' ? id : '',
    type: typeof type === 'string' ? type : '',
    data: isObject ? (data as Record<string, unknown>) : {},
  };
}

function kindOf(type: string): string {
  return type.split('.')[1] ?? type;
}
