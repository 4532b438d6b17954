import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { KnownMultiparts } from '#ingestor-uploads';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ObjectStore } from '#storage';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { LandingUploads } from './landing-uploads.js';

const interval = 3_600_000;

/** Throws uploads in parts away that nobody went on with: no listing shows their bytes, and they fill the store. */
@Injectable()
export class LandingZoneSweep extends HostedLoop {
  constructor(
    private readonly store: ObjectStore,
    private readonly uploads: LandingUploads,
    private readonly clock: Clock,
    private readonly modules: ModuleRef,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'sweep of the landing zone',
      pause: interval,
      logger,
      fault: 'could not sweep the landing zone',
      restsFirst: true,
    });
  }

  /**
   * The places first: who asks for links afterwards is told to begin again. Then everything old at the store that stands
   * in no place, whatever it was that broke off.
   */
  async round(): Promise<void> {
    const { bucket, uploadLifetime } = this.config.landingZone;
    const before = new Date(this.clock.now().getTime() - uploadLifetime);
    await this.uploads.expire(before);
    for await (const { key, uploadId, begunAt } of this.store.pendingUploads(bucket, '')) {
      stillMoving();
      // The end of the app waits for this round: the next start goes on with it.
      if (this.stopping.aborted) return;
      if (begunAt < before && !(await this.isKnown(uploadId, key)))
        await this.store.abortUpload(bucket, key, uploadId);
    }
  }

  private async isKnown(uploadId: string, key: string): Promise<boolean> {
    return (await this.uploads.isKnown(uploadId, key)) || (await this.isOfIngestor(uploadId, key));
  }

  /** Ingestors have no place; where there are none (INGESTOR_TOKEN_SECRET), nothing is theirs. */
  private async isOfIngestor(uploadId: string, key: string): Promise<boolean> {
    if (this.config.ingestor.uploads === undefined) return false;
    return this.modules.get(KnownMultiparts, { strict: false }).has(key, uploadId);
  }
}
