import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Leases } from '../aggregates/leases.js';
import { Steering } from '../aggregates/steering.js';
import { Dispatcher } from '../release-work/dispatcher.js';

const pause = 10_000;

/** Removes pauses and limits whose end has come, and notes it. They hold no more before it does. */
@Injectable()
export class SteeringSweep extends HostedLoop {
  constructor(
    private readonly steering: Steering,
    leases: Leases,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'end of pauses',
      pause,
      logger,
      fault: 'could not remove pauses that are over, trying again',
      ready: () => leases.whenReady(),
    });
  }

  async round(): Promise<void> {
    const { pauses, limits } = await this.steering.sweep(this.clock.now());
    for (const { scope, by, until } of pauses)
      this.logger.info({ scope, by, until }, 'a pause has ended by itself');
    for (const { limit, by, until } of limits)
      this.logger.info({ limit, by, until }, 'the configured limit holds again');
    if (pauses.length + limits.length > 0) this.dispatcher.wake();
  }
}
