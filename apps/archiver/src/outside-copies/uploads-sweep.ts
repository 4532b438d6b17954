import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { Uploads } from './uploads.js';

const pause = 3_600_000;

/** Removes uploads of outside workers that nobody has taken within RETRIEVED_LIFETIME: answers that came late, or never. */
@Injectable()
export class UploadsSweep extends HostedLoop {
  constructor(
    private readonly uploads: Uploads,
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
    for await (const key of this.uploads.leftBefore(before)) {
      await this.uploads.removeKey(key);
      stillMoving();
    }
  }
}
