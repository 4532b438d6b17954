import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Leases } from '../aggregates/leases.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';

const pause = 600_000;
const batch = 100;
/** Milliseconds after which a dataset is looked at again whose datablocks a running job uses. */
const later = 86_400_000;

/** After UNREGISTERED_LIFETIME no job uses what a failed dataset has archived any more: it is discarded. */
@Injectable()
export class UnregisteredSweep extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly tasks: DatasetTasks,
    private readonly leases: Leases,
    private readonly unregistered: UnregisteredDatablocks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'datablocks nobody registered',
      pause,
      logger,
      fault: 'could not discard unregistered datablocks',
      ready: () => leases.whenReady(),
    });
  }

  async round(): Promise<boolean> {
    return (await this.leases.hold('unregistered', this.holder, pause * 2)) && (await this.sweep()) === batch;
  }

  /** @returns how many datasets were looked at: those that are done with, and those that others go before from now on */
  async sweep(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - this.config.unregisteredLifetime);
    let looked = 0;
    for await (const task of this.tasks.unswept(before, batch)) {
      stillMoving();
      // One that has changed meanwhile is looked at anew.
      const isNoted = (await this.unregistered.discard(task._id, ['done', 'failed']))
        ? await this.tasks.markSwept(task, this.clock.now())
        : await this.tasks.sweepLater(task, new Date(before.getTime() + later));
      if (isNoted) looked += 1;
    }
    return looked;
  }
}
