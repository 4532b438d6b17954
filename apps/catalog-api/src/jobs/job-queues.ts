import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MessageTransport } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { makeBuckets, ObjectStore } from '#storage';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { rabbitOptionsIn } from './job-action-options.js';
import { JobConfigurationToken } from './job-configuration.provider.js';

/** Makes sure that what job configurations, upload links and messages name exists: legacy exchanges and queues, buckets. */
@Injectable()
export class JobQueues implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    @Inject(JobConfigurationToken) private readonly jobs: JobConfiguration,
    private readonly transport: MessageTransport,
    private readonly store: ObjectStore,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const targets = [...this.jobs.jobs.values()].flatMap(({ create, update }) =>
      rabbitOptionsIn([...create.actions, ...update.actions]),
    );
    await this.transport.declare({
      exchanges: targets.map(({ exchange }) => ({ name: exchange, kind: 'topic' as const, foreign: true })),
      queues: targets.map(({ queue }) => ({ name: queue, foreign: true })),
      bindings: targets.map(({ exchange, queue, key }) => ({ exchange, queue, key })),
    });
    const { landingZone, controlBucket } = this.config;
    void makeBuckets(this.store, [landingZone.bucket, controlBucket], this.stopping.signal, this.logger);
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }
}
