import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Catalogue } from '../persistence/catalogue.js';

const interval = 3_600_000;

/** Forgets the keys that datasets were posted under, when nobody repeats such a post any more. The datasets stay. */
@Injectable()
export class IdempotencyKeySweep extends HostedLoop {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'sweep of idempotency keys',
      pause: interval,
      logger,
      fault: 'could not forget old idempotency keys',
      restsFirst: true,
    });
  }

  /** Neither the version nor the time of change moves: for clients nothing changes. */
  async round(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.idempotencyKeyLifetime);
    await this.catalogue.datasets.updateMany(
      { 'catena.idempotency.at': { $lt: before } },
      { $unset: { 'catena.idempotency': '' } },
    );
  }
}
