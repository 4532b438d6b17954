import { Injectable } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { registry, type AppName, type Envelope } from '#contracts';
import { PermanentError } from '#kernel';
import type { Logger } from '#observability';
import { InboxConsumer, type Handler } from '../inbox-consumer.js';
import type { Inbox } from '../inbox.js';
import type { MessageTransport, Subscription } from '../message-transport.js';
import type { Naming } from '../naming.js';
import { outcomeOf, type Outcome } from '../outcome.js';
import type { BrokerAccounts } from '../senders.js';
import { declaredTopology } from '../topology.js';

export interface CatenaServerOptions {
  readonly app: AppName;
  readonly retryDelays: readonly number[];
  /** Messages handled at once. */
  readonly prefetch: number;
  /** Bytes. */
  readonly messageLimit: number;
  readonly accounts: BrokerAccounts;
  /** Targets that others operate, whose workers' queues it makes. */
  readonly outsideTargets?: readonly string[];
}

/**
 * Nest's side of the messaging: a transport strategy that hands deliveries to the methods marked with
 * `@Handles`. It refuses to start when a message this app must consume has no handler, or two.
 */
@Injectable()
export class CatenaServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('catena');
  private subscription: Subscription | undefined;
  private readonly doubles = new Set<string>();

  constructor(
    private readonly options: CatenaServerOptions,
    private readonly naming: Naming,
    private readonly transport: MessageTransport,
    private readonly inbox: Inbox,
    private readonly log: Logger,
  ) {
    super();
  }

  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    if (this.messageHandlers.has(String(pattern))) this.doubles.add(String(pattern));
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await this.subscription?.drain();
  }

  on(): never {
    throw new PermanentError(
      'messaging.unsupported',
      'The Catena transport reports its state through health checks, not through events.',
    );
  }

  unwrap<Unwrapped>(): Unwrapped {
    return this.transport as Unwrapped;
  }

  private async start(): Promise<void> {
    const { app, retryDelays, prefetch, messageLimit, accounts, outsideTargets } = this.options;
    this.checkHandlers();
    const handlers = new Map([...this.messageHandlers].map(([type, handler]) => [type, asHandler(handler)]));
    const consumer = new InboxConsumer(
      { app, naming: this.naming, retryDelays, messageLimit, accounts },
      this.transport,
      this.inbox,
      handlers,
      this.log,
    );
    await this.transport.declare(declaredTopology(this.naming, app, retryDelays, accounts, outsideTargets));
    this.subscription = await this.transport.consume(this.naming.inboxOf(app), { prefetch }, (delivery) =>
      consumer.receive(delivery),
    );
  }

  private checkHandlers(): void {
    const wanted = registry
      .filter((contract) => contract.consumers.includes(this.options.app))
      .map((contract) => contract.type);
    const missing = wanted.filter((type) => !this.messageHandlers.has(type));
    const unknown = [...this.messageHandlers.keys()].filter((type) => !wanted.includes(type));
    const complaints = [
      ...missing.map((type) => `${type} has no handler`),
      ...unknown.map(
        (type) => `${type} is handled but its contract does not name ${this.options.app} as a consumer`,
      ),
      ...[...this.doubles].map((type) => `${type} has two handlers`),
    ];
    if (complaints.length > 0) {
      throw new PermanentError(
        'messaging.handlers-incomplete',
        `${this.options.app} cannot start: ${complaints.join('; ')}. Compare its module with libs/contracts.`,
      );
    }
  }
}

function asHandler(handler: MessageHandler): Handler {
  return async (envelope: Envelope<object>): Promise<Outcome> => {
    try {
      const result: unknown = await handler(envelope);
      return (await (isObservable(result) ? lastValueFrom(result) : result)) as Outcome;
    } catch (error) {
      return outcomeOf(error);
    }
  };
}

function isObservable(value: unknown): value is Parameters<typeof lastValueFrom<unknown>>[0] {
  return typeof value === 'object' && value !== null && 'subscribe' in value;
}
