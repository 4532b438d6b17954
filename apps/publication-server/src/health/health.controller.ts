import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { livenessOf } from '#outbox';
import { MongoConnection } from '#persistence';
import type { PublicationServerConfig } from '../publication-server.config.js';
import { ConfigToken } from '../publication-server.tokens.js';

/** Liveness needs nobody; readiness needs the database. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly mongo: MongoConnection,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  @Get('live')
  live(): { status: 'ok'; app: string } {
    return livenessOf('publication-server', this.config.livenessLimit);
  }

  @Get(['', 'ready'])
  async ready(): Promise<object> {
    const up = await this.mongo.ping().then(
      () => this.mongo.ready,
      () => false,
    );
    const details = { database: { status: up ? 'up' : 'down' } };
    if (!up) throw new ServiceUnavailableException({ status: 'error', app: 'publication-server', details });
    return { status: 'ok', app: 'publication-server', details };
  }
}
