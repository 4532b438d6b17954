import { Inject, Injectable } from '@nestjs/common';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Catalogue } from '../persistence/catalogue.js';
import { MetadataShapes } from '../records/metadata-shapes.js';

const interval = 3_600_000;

/** Brings the names of metadata up to date: at the first start for all records, later for what a crash left behind. */
@Injectable()
export class MetadataShapesSweep extends HostedLoop {
  constructor(
    private readonly shapes: MetadataShapes,
    catalogue: Catalogue,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'names of metadata',
      pause: interval,
      logger,
      fault: 'could not bring the names of metadata up to date',
      ready: () => catalogue.whenIndexed(),
    });
  }

  async round(): Promise<void> {
    await this.shapes.fill('Dataset', this.stopping);
    await this.shapes.fill('Sample', this.stopping);
    await this.shapes.sweep(this.stopping);
  }
}
