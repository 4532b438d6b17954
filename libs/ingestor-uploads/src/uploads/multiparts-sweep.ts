import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { KnownMultiparts } from './known-multiparts.js';
import { LandingObjects } from './landing-objects.js';

const interval = 3_600_000;

/**
 * Throws uploads in parts away that no upload knows: one whose record a crash prevented shows in no listing, and fills the store. Only
 * where nobody else uploads into the same landing zone.
 */
@Injectable()
export class MultipartsSweep extends HostedLoop {
  constructor(
    private readonly landing: LandingObjects,
    private readonly known: KnownMultiparts,
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'sweep of uploads in parts',
      pause: interval,
      logger,
      fault: 'could not sweep uploads in parts',
      restsFirst: true,
    });
  }

  async round(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.uploadLifetime);
    for await (const { key, uploadId, begunAt } of this.landing.pending()) {
      stillMoving();
      if (this.stopping.aborted) return;
      if (begunAt < before && !(await this.known.has(key, uploadId))) await this.landing.abort(key, uploadId);
    }
  }
}
