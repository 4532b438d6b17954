import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { messageOf, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { Catalogue } from '../persistence/catalogue.js';
import { MetadataShapes } from '../records/metadata-shapes.js';

const interval = 3_600_000;

/** Brings the names of metadata up to date: at the first start for all records, later for what a crash left behind. */
@Injectable()
export class MetadataShapesSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly shapes: MetadataShapes,
    private readonly catalogue: Catalogue,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'names of metadata',
      takeOne: () => this.sweep().then(() => false),
      pause: interval,
      onFault: (error) =>
        logger.warn({ error: messageOf(error) }, 'could not bring the names of metadata up to date'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.catalogue.whenIndexed());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  async sweep(): Promise<void> {
    await this.shapes.fill('Dataset', this.loop.stopping);
    await this.shapes.fill('Sample', this.loop.stopping);
    await this.shapes.sweep(this.loop.stopping);
  }
}
