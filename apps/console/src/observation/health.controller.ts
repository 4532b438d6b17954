import { Controller, Get, Inject } from '@nestjs/common';
import { livenessOf, Open, type Named } from '#service-host';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import { CataloguePulse } from './catalogue-pulse.js';

/**
 * Liveness needs nobody. Nor does readiness: the console is there for the time when others are away, and says which of them is.
 */
@Open('orchestrators and monitors have no account; it names states, no data')
@Controller('health')
export class HealthController {
  constructor(
    private readonly pulse: CataloguePulse,
    @Inject(ConfigToken) private readonly config: ConsoleConfig,
  ) {}

  @Get('live')
  live(): { status: 'ok' } & Named {
    return livenessOf({ app: 'console' }, this.config.livenessLimit);
  }

  @Get(['', 'ready'])
  async ready(): Promise<object> {
    await this.pulse.upToDate();
    const { installation } = this.config;
    const whose = installation === undefined ? {} : { installation };
    const details = { catalogue: { status: this.pulse.up ? 'up' : 'down' } };
    return { status: 'ok', app: 'console', ...whose, details };
  }
}
