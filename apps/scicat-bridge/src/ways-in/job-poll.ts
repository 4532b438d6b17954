import { Inject, Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { LOGGER, type Logger } from '#observability';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeStore } from '../persistence/bridge-store.js';
import { Scicat } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobWorker } from '../tell-scicat/job-worker.js';

/** Asks SciCat for jobs that nobody has begun: SciCat's messages can be lost, its database keeps the jobs. */
@Injectable()
export class JobPoll extends HostedLoop {
  constructor(
    private readonly scicat: Scicat,
    private readonly jobs: BridgeJobs,
    private readonly worker: JobWorker,
    store: BridgeStore,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'poll of jobs',
      pause: config.pollInterval,
      ready: () => store.whenReady(),
      logger,
      fault: 'could not ask SciCat for new jobs',
    });
  }

  async round(): Promise<void> {
    for await (const page of this.scicat.jobsWith(this.config.initialStatus, [
      ...this.config.jobTypes.keys(),
    ])) {
      stillMoving();
      if (this.stopping.aborted) return;
      for (const id of await this.jobs.worthSeeing(page.map((job) => job.id)))
        await this.jobs.see(id, 'poll');
      this.worker.wake();
    }
  }
}
