import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { livenessOf, Open, type Named } from '#service-host';
import { DatabasePulse } from '#service-host';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

/** Liveness needs nobody; readiness needs the database, whose pulse is known as of the last few seconds. */
@Open('orchestrators and monitors have no account; it names states, no data')
@Controller('health')
export class HealthController {
  constructor(
    private readonly pulse: DatabasePulse,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  @Get('live')
  live(): { status: 'ok' } & Named {
    return livenessOf({ app: 'publication-server' }, this.config.livenessLimit);
  }

  @Get(['', 'ready'])
  async ready(): Promise<object> {
    await this.pulse.upToDate();
    const { up } = this.pulse;
    const details = { database: { status: up ? 'up' : 'down' } };
    if (!up) throw new ServiceUnavailableException({ status: 'error', app: 'publication-server', details });
    const { installation } = this.config;
    const whose = installation === undefined ? {} : { installation };
    return { status: 'ok', app: 'publication-server', ...whose, details };
  }
}
