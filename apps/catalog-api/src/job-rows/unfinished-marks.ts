import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { Catalogue } from '../persistence/catalogue.js';
import { markUnfinishedJobs } from '../persistence/unfinished-jobs.js';

/** At each start: jobs that others have stored become visible to lists of what is unfinished. */
@Injectable()
export class UnfinishedMarks implements OnApplicationBootstrap {
  private marking: Promise<void> = Promise.resolve();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.marking = this.catalogue
      .afterStart('marks of unfinished jobs', () => markUnfinishedJobs(this.catalogue, this.clock.now()))
      .catch((error: unknown) =>
        this.logger.error(
          { error: messageOf(error) },
          'could not mark the unfinished jobs of others: lists of what is unfinished lack them',
        ),
      );
  }

  /** Resolves when it was done, or given up. */
  whenMarked(): Promise<void> {
    return this.marking;
  }
}
