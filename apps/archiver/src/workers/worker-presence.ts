import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { version } from '#service-host';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { ownInstance } from '../domain/worker-instance.js';
import { ServedTargets } from '../order-recalls/served-targets.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { WorkRunner } from '../run-work/work-runner.js';
import { signPause } from '../persistence/operators/worker-record.js';
import { Workers } from '../persistence/operators/workers.js';

/** Says that this archiver lives, what it has and what it can take. A process that is frozen says nothing: its sign gets old. */
@Injectable()
export class WorkerPresence extends HostedLoop {
  private readonly startedAt: Date;

  constructor(
    store: ArchiverStore,
    private readonly workers: Workers,
    private readonly runner: WorkRunner,
    private readonly served: ServedTargets,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super({
      ...{ name: 'signs of life of this worker', pause: signPause, logger: log },
      fault: 'could not say that this archiver lives',
      ready: () => store.whenReady(),
    });
    this.startedAt = clock.now();
  }

  async round(): Promise<void> {
    const now = this.clock.now();
    await this.workers.seen({
      ...{ _id: ownInstance(), host: hostname(), pid: process.pid, version: version() },
      ...{ slots: this.config.workers, works: this.runner.held, targets: this.served.names },
      media: this.served.media,
      ...{ seenAt: now, startedAt: this.startedAt },
    });
    await this.workers.forgetOld(now);
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await this.workers
      .gone(ownInstance())
      .catch((error: unknown) =>
        this.log.warn({ error: messageOf(error) }, 'could not take leave; the last sign of life gets old'),
      );
  }
}
