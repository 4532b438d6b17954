import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { lifeSigns } from '#kernel';
import { AppHealth } from './app-health.js';
import { Open } from './endpoint-rule.decorator.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';

/** Who answers. */
export interface Named {
  /** The part that it plays in the conversation. */
  readonly app: string;
  /** What people know it by, where one of several programs may play that part. */
  readonly name?: string;
}

/**
 * What liveness answers: who it is, or 503 with the loops that have not moved for too long. Services that are away
 * stop no loop, so a supervisor that restarts the process on a 503 does it for a reason.
 *
 * @param limit milliseconds
 */
export function livenessOf(who: Named, limit: number): { status: 'ok' } & Named {
  const stalled = lifeSigns.stalled(limit);
  if (stalled.length > 0) throw new ServiceUnavailableException({ status: 'error', ...who, stalled });
  return { status: 'ok', ...who };
}

/** Liveness needs nobody; readiness names what is missing, as of the last few seconds. */
@Open('orchestrators and monitors have no account; it names states, no data')
@Controller({ path: 'health', version: ['3', '4'] })
export class HealthController {
  constructor(
    @Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions,
    private readonly health: AppHealth,
  ) {}

  @Get('live')
  live(): { status: 'ok' } & Named {
    const { app, name, livenessLimit } = this.options;
    return livenessOf({ app, name }, livenessLimit);
  }

  @Get()
  check(): object | Promise<object> {
    return this.ready();
  }

  @Get('ready')
  ready(): object | Promise<object> {
    const newer = this.health.upToDate();
    return newer === undefined ? this.readiness() : newer.then(() => this.readiness());
  }

  private readiness(): object {
    const { database, broker, outbox, found } = this.health;
    const { app, name, installation } = this.options;
    const services = { database: state(database), broker: state(broker) };
    const details = { ...services, ...found };
    if (!database || !broker)
      throw new ServiceUnavailableException({ status: 'error', app, name, ...grouped(services), details });
    return {
      ...{ status: 'ok', app, name, ...(installation === undefined ? {} : { installation }) },
      ...grouped(services),
      details,
      ...(outbox === undefined ? {} : { outbox }),
    };
  }
}

/** What is up and what is down, as SciCat's clients know it from its health check. */
function grouped(services: Readonly<Record<string, { status: 'up' | 'down' }>>): object {
  const only = (wanted: 'up' | 'down'): object =>
    Object.fromEntries(Object.entries(services).filter(([, { status }]) => status === wanted));
  return { info: only('up'), error: only('down') };
}

function state(up: boolean): { status: 'up' | 'down' } {
  return { status: up ? 'up' : 'down' };
}
