import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { ProgressReporting } from './progress-reporting.js';
import { WaitReasons } from './wait-reasons.js';

const pause = 20_000;
/** Work orders told of in one look: more are not under way by the limits of job-assembler. */
const maxTold = 500;

/**
 * Says of all accepted work that is not running what it waits for, again and again. It is also the sign that an archiver
 * lives: job-assembler notices when it does not come.
 */
@Injectable()
export class WaitingSigns extends HostedLoop {
  constructor(
    store: ArchiverStore,
    private readonly orders: WorkOrders,
    private readonly datablocks: Datablocks,
    private readonly reporting: ProgressReporting,
    private readonly reasons: WaitReasons,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'signs of waiting work',
      pause,
      logger,
      fault: 'could not tell what work waits for',
      ready: () => store.whenReady(),
    });
  }

  override onApplicationBootstrap(): void {
    this.health.add('work', () => this.work());
    this.health.add('copies', () => this.copies());
    super.onApplicationBootstrap();
  }

  /** Running work speaks for itself. */
  async round(): Promise<void> {
    const now = this.clock.now();
    await this.orders.hastenLate(now);
    const reasonOf = await this.reasons.at(now);
    for await (const work of this.orders.waiting(now, maxTold)) {
      const [words, code] = reasonOf(work);
      this.reporting.send(work, 'waiting', 0, 0, words, code);
    }
  }

  /** Datablocks with a copy that is known to be damaged. */
  private async copies(): Promise<PartHealth> {
    const damaged = await this.datablocks.countDamaged();
    return { status: damaged === 0 ? 'up' : 'damaged', damaged };
  }

  /** As readiness shows it. */
  private async work(): Promise<PartHealth> {
    return { status: 'up', ...(await this.orders.totals(this.clock.now())) };
  }
}
