import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, wait, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { Catalogue } from '../persistence/catalogue.js';

const interval = 3_600_000;

/** Forgets the keys that datasets were posted under, when nobody repeats such a post any more. The datasets stay. */
@Injectable()
export class IdempotencyKeySweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'sweep of idempotency keys',
      takeOne: () => this.sweep().then(() => false),
      pause: interval,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not forget old idempotency keys'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(wait(interval, this.loop.stopping));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Neither the version nor the time of change moves: for clients nothing changes. */
  async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.idempotencyKeyLifetime);
    await this.catalogue.datasets.updateMany(
      { 'catena.idempotency.at': { $lt: before } },
      { $unset: { 'catena.idempotency': '' } },
    );
  }
}
