import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '#observability';
import { makeBuckets, ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from './archiver.config.js';

/** Makes the buckets that the archiver writes to, as soon as object storage can be reached. */
@Injectable()
export class Buckets implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly objects: ObjectStore,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { controlBucket, retrievalBucket } = this.config;
    void makeBuckets(this.objects, [controlBucket, retrievalBucket], this.stopping.signal, this.logger);
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }
}
