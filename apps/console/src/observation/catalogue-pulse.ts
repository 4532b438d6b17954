import { Inject, Injectable } from '@nestjs/common';
import { LookOnDemand } from '#kernel';
import { HostedLoop } from '#leased-work';
import { LOGGER, metrics, type Logger } from '#observability';
import { CatalogClient } from '../calls/catalog-client.js';
import { ConsoleError } from '../edge/console-error.js';

/** Milliseconds between two looks while nobody wants to know, and for an answer. */
const pause = 30_000;
const patience = 4000;

/** Whether catalog-api answers: asked now and then, and when a reader of health wants to know, at most every few seconds. */
@Injectable()
export class CataloguePulse extends HostedLoop {
  up = false;
  private readonly looks = new LookOnDemand(() => this.wake());

  constructor(
    private readonly catalogue: CatalogClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'look at the catalogue', pause, logger, fault: 'could not look at the catalogue' });
  }

  override onApplicationBootstrap(): void {
    metrics.measure({
      name: 'dependencies',
      gauges: {
        catena_dependency_up: {
          help: 'Whether the app reaches a service that it needs: catalogue.',
          labels: ['dependency'],
        },
      },
      read: async () => {
        await this.upToDate();
        return [
          { metric: 'catena_dependency_up', labels: { dependency: 'catalogue' }, value: this.up ? 1 : 0 },
        ];
      },
    });
    super.onApplicationBootstrap();
  }

  /** @returns undefined where nothing newer is to be had */
  upToDate(): Promise<void> | undefined {
    return this.looks.upToDate();
  }

  round(): Promise<void> {
    return this.looks.run(() => this.look());
  }

  private async look(): Promise<void> {
    try {
      const { status } = await this.catalogue.call({}, { path: '/api/v4/health/live', patience });
      this.up = status === 200;
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error;
      this.up = false;
    }
  }
}
