import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { DatasetClaims } from './dataset-claims.js';

const interval = 30_000;

/** Gives back datasets that a crash left claimed by a job that was never stored. */
@Injectable()
export class OrphanClaimsSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly claims: DatasetClaims,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.claims
        .releaseOrphans()
        .catch((error: unknown) =>
          this.logger.warn({ error: messageOf(error) }, 'could not look for orphaned claims'),
        );
    }, interval);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
