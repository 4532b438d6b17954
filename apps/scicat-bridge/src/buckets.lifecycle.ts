import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '#observability';
import { makeBuckets, ObjectStore } from '#storage';
import { ConfigToken, type ScicatBridgeConfig } from './scicat-bridge.config.js';

/**
 * Makes the buckets that are the catalogue's side's to make: the one it writes lists to, and the landing zone, which job-assembler names
 * and archiver looks into, and where ingestors upload.
 */
@Injectable()
export class Buckets implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly store: ObjectStore,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { controlBucket, landingZoneBucket } = this.config;
    void makeBuckets(this.store, [controlBucket, landingZoneBucket], this.stopping.signal, this.logger);
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }
}
