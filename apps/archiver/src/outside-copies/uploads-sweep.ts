import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { Uploads } from './uploads.js';

const pause = 3_600_000;

/**
 * Removes uploads of outside workers that nobody has taken within RETRIEVED_LIFETIME: answers that came late, or never. One that an
 * order is to take, and that waits for room, stays.
 */
@Injectable()
export class UploadsSweep extends HostedLoop {
  constructor(
    private readonly uploads: Uploads,
    private readonly orders: WorkOrders,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      ...{ name: 'uploads nobody took', pause, logger, restsFirst: true },
      fault: 'could not remove uploads of outside workers',
    });
  }

  async round(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.retrievedLifetime);
    for await (const { key, offer } of this.uploads.leftBefore(before)) {
      if (await this.orders.isToBeTaken(offer)) continue;
      await this.uploads.removeKey(key);
      stillMoving();
    }
  }
}
