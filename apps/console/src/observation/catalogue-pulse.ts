import { Inject, Injectable } from '@nestjs/common';
import { HostedLoop } from '#leased-work';
import { LOGGER, metrics, type Logger } from '#observability';
import { CatalogClient } from '../calls/catalog-client.js';
import { ConsoleError } from '../edge/console-error.js';

const pause = 5000;
const patience = 4000;

/** Whether catalog-api answers, as of a few seconds ago: who asks for health costs nobody a question. */
@Injectable()
export class CataloguePulse extends HostedLoop {
  up = false;

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
      read: () => [
        { metric: 'catena_dependency_up', labels: { dependency: 'catalogue' }, value: this.up ? 1 : 0 },
      ],
    });
    super.onApplicationBootstrap();
  }

  async round(): Promise<void> {
    try {
      const { status } = await this.catalogue.call({}, { path: '/api/v4/health/live', patience });
      this.up = status === 200;
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error;
      this.up = false;
    }
  }
}
