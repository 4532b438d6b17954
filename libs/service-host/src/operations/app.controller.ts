import { hostname } from 'node:os';
import { Controller, Get, Inject } from '@nestjs/common';
import { Clock, settingsInUse } from '#kernel';
import { MessageTransport, Naming, type QueueLook } from '#messaging';
import { OutboxStore, type OpenMessages } from '#outbox';
import { AppHealth } from '../app-health.js';
import { buildOf } from './build.js';
import { Operators } from '../endpoint-rule.decorator.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';

/** A queue of the app's own. */
export interface OwnQueue {
  readonly name: string;
  readonly purpose: 'inbox' | 'retry' | 'dead' | 'receipts';
  /** Absent where the broker has no such queue. */
  readonly messages?: number;
  readonly consumers?: number;
}

/** What runs here, what it needs, and what is under way at its broker. */
@Operators()
@Controller({ path: 'operations', version: '4' })
export class AppController {
  private readonly started: Date;

  constructor(
    private readonly health: AppHealth,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly outbox: OutboxStore,
    private readonly clock: Clock,
    @Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions,
  ) {
    this.started = clock.now();
  }

  @Get('app')
  async app(): Promise<object> {
    await this.health.upToDate();
    const { app, name, installation } = this.options;
    const { database, broker, found } = this.health;
    const up = (is: boolean): string => (is ? 'up' : 'down');
    return {
      ...{ app, name, ...buildOf(), started: this.started.toISOString() },
      ...{ now: this.clock.now().toISOString(), instance: `${hostname()}:${process.pid}` },
      ...(installation === undefined ? {} : { installation }),
      dependencies: { database: up(database), broker: up(broker), ...found },
      settings: settingsInUse(),
    };
  }

  /** @throws TransientError while the broker is away */
  @Get('queues')
  async queues(): Promise<{ items: readonly OwnQueue[] }> {
    const { app, retryDelays } = this.options;
    const { naming } = this;
    const names: readonly (readonly [string, OwnQueue['purpose']])[] = [
      [naming.inboxOf(app), 'inbox'],
      ...retryDelays.map((delay) => [naming.retryOf(app, delay), 'retry'] as const),
      [naming.deadOf(app), 'dead'],
      [naming.receiptsOf(app), 'receipts'],
    ];
    const looks = await this.transport.look(names.map(([name]) => name));
    return { items: names.map(([name, purpose]) => ({ name, purpose, ...found(looks.get(name)) })) };
  }

  /** What has not been sent, or not been accepted, by type and consumer. */
  @Get('outbox')
  async open(): Promise<{ items: readonly OpenMessages[] }> {
    return { items: await this.outbox.open() };
  }
}

function found(look: QueueLook | undefined): Partial<QueueLook> {
  return look ?? {};
}
