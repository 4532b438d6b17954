import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { OutboxRelay } from '#outbox';
import { JobEnding } from './job-ending.js';

const taskAddress = 'dataset_tasks/';

/** A job is over when the catalogue has heard of all its datasets: the catalogue's receipts are a reason to look. */
@Injectable()
export class AcceptedReports implements OnApplicationBootstrap {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly ending: JobEnding,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.onAccepted((acceptances) => {
      const tasks = acceptances.filter(({ address }) => address.startsWith(taskAddress));
      const jobIds = new Set(
        tasks.map(({ address }) => address.slice(taskAddress.length, address.lastIndexOf('/'))),
      );
      for (const jobId of jobIds)
        this.ending
          .settle(jobId)
          .catch((error: unknown) =>
            this.logger.warn({ jobId, error: messageOf(error) }, 'could not settle the job, a sweep will'),
          );
    });
  }
}
