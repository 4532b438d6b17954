import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { MongoConnection } from '#persistence';

/** Liveness needs nobody; readiness needs the database. */
@Controller('health')
export class HealthController {
  constructor(private readonly mongo: MongoConnection) {}

  @Get('live')
  live(): { status: 'ok'; app: string } {
    return { status: 'ok', app: 'publication-server' };
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
