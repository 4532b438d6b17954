import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { ArchiverStore } from '../persistence/archiver-store.js';

const interval = 60_000;

/** Removes retrieved copies when their time is over: not every object store has rules for that. */
@Injectable()
export class ExpireRetrievedCopies implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: ArchiverStore,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) =>
        this.logger.warn({ error: messageOf(error) }, 'could not remove expired copies'),
      );
    }, interval);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The record goes first: a request that comes in between recalls anew instead of handing out a link to nothing. */
  async sweep(): Promise<void> {
    for await (const { _id } of this.store.retrieved
      .find({ state: 'present', expiresAt: { $lte: this.clock.now() } })
      .limit(1000)) {
      const { deletedCount } = await this.store.retrieved.deleteOne({
        _id,
        state: 'present',
        expiresAt: { $lte: this.clock.now() },
      });
      if (deletedCount === 1) await this.objects.remove(this.config.retrievalBucket, [_id]);
    }
  }
}
