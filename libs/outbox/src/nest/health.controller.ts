import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { Clock, lifeSigns } from '#kernel';
import { MessageTransport } from '#messaging';
import { MongoConnection } from '#persistence';
import { OutboxStore } from '../outbox-store.js';
import { SPINE_OPTIONS, type SpineOptions } from './spine.options.js';

/**
 * What liveness answers: the app's name, or 503 with the loops that have not moved for too long. Services that are away
 * stop no loop, so whoever restarts the process on a 503 does it for a reason.
 *
 * @param limit milliseconds
 */
export function livenessOf(app: string, limit: number): { status: 'ok'; app: string } {
  const stalled = lifeSigns.stalled(limit);
  if (stalled.length > 0) throw new ServiceUnavailableException({ status: 'error', app, stalled });
  return { status: 'ok', app };
}

/** Liveness needs nobody; readiness names what is missing. */
@Controller({ path: 'health', version: ['3', '4'] })
export class HealthController {
  constructor(
    @Inject(SPINE_OPTIONS) private readonly options: SpineOptions,
    private readonly mongo: MongoConnection,
    private readonly transport: MessageTransport,
    private readonly outbox: OutboxStore,
    private readonly clock: Clock,
  ) {}

  @Get('live')
  live(): { status: 'ok'; app: string } {
    return livenessOf(this.options.app, this.options.livenessLimit);
  }

  @Get()
  check(): Promise<object> {
    return this.ready();
  }

  @Get('ready')
  async ready(): Promise<object> {
    const database = await this.mongo.ping().then(
      () => this.mongo.ready,
      () => false,
    );
    const details = { database: state(database), broker: state(this.transport.connected) };
    if (!database || !this.transport.connected)
      throw new ServiceUnavailableException({
        status: 'error',
        app: this.options.app,
        ...grouped(details),
      });
    return {
      status: 'ok',
      app: this.options.app,
      ...grouped(details),
      outbox: await this.outbox.backlog(this.clock.now()),
    };
  }
}

/** What is up and what is down, as SciCat's clients know it from its health check. */
function grouped(details: Readonly<Record<string, { status: 'up' | 'down' }>>): object {
  const only = (wanted: 'up' | 'down'): object =>
    Object.fromEntries(Object.entries(details).filter(([, { status }]) => status === wanted));
  return { info: only('up'), error: only('down'), details };
}

function state(up: boolean): { status: 'up' | 'down' } {
  return { status: up ? 'up' : 'down' };
}
