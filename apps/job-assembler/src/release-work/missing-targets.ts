import { Inject, Injectable } from '@nestjs/common';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { Leases } from '../aggregates/leases.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

const pause = 600_000;

/**
 * Targets that were taken out of ROUTES_FILE while work or copies name them: operators are told at start and by health. The work
 * waits, and the copies are there: nothing fails of it.
 */
@Injectable()
export class MissingTargets extends HostedLoop {
  private missing: readonly string[] = [];

  constructor(
    leases: Leases,
    private readonly orders: WorkOrders,
    private readonly places: DatablockPlaces,
    private readonly health: AppHealth,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'targets that are missing',
      pause,
      logger,
      fault: 'could not look for targets that are missing',
      ready: () => leases.whenReady(),
    });
  }

  override onApplicationBootstrap(): void {
    this.health.add('routes', () => Promise.resolve(this.report()));
    super.onApplicationBootstrap();
  }

  async round(): Promise<void> {
    const named = [...(await this.orders.targetsNamed()), ...(await this.places.targets())];
    this.missing = this.config.routes.unknownAmong(named);
    if (this.missing.length > 0)
      this.logger.warn(
        { targets: this.missing },
        'work or copies name targets that ROUTES_FILE does not have: put them back, or move their copies first; until then that work waits',
      );
  }

  private report(): PartHealth {
    return this.missing.length === 0
      ? { status: 'up' }
      : { status: 'targets-missing', targets: this.missing.join(', ') };
  }
}
