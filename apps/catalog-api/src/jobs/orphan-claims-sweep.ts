import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { messageOf, wait, WorkLoop } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { DatasetClaims } from './dataset-claims.js';

const interval = 30_000;

/** Gives back datasets that a crash left claimed by a job that was never stored. */
@Injectable()
export class OrphanClaimsSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(claims: DatasetClaims, @Inject(LOGGER) logger: Logger) {
    this.loop = new WorkLoop({
      name: 'orphaned claims',
      takeOne: () => claims.releaseOrphans().then(() => false),
      pause: interval,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not look for orphaned claims'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(wait(interval, this.loop.stopping));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }
}
