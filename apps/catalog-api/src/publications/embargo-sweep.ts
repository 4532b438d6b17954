import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, wait, WorkLoop } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { Catalogue } from '../persistence/catalogue.js';
import { PublicationDatasets } from '../published-data/publication-datasets.js';
import type { PublishedDataRecord } from '../published-data/published-data-record.js';

const interval = 30_000;
const batch = 100;

/** Opens datasets whose embargo is over: nobody has to remember it. */
@Injectable()
export class EmbargoSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly datasets: PublicationDatasets,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'embargoes that end',
      takeOne: () => this.sweep().then(() => false),
      pause: interval,
      onFault: (error) =>
        logger.warn({ error: messageOf(error) }, 'could not look for embargoes that are over'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(wait(interval, this.loop.stopping));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** The datasets first: a crash in between repeats what changes nothing. */
  async sweep(): Promise<void> {
    const now = this.clock.now();
    const over = await this.catalogue
      .records('PublishedData')
      .find(
        { 'catena.embargoUntil': { $lte: now }, status: { $in: ['public', 'registered', 'amended'] } },
        { projection: { datasetPids: 1, 'catena.embargoUntil': 1 } },
      )
      .limit(batch)
      .toArray();
    for (const found of over) {
      const record = found as unknown as PublishedDataRecord;
      await this.datasets.show(record, 'catena', { 'datasetlifecycle.publishedOn': now });
      const { matchedCount } = await this.catalogue
        .records('PublishedData')
        .updateOne(
          { _id: record._id, 'catena.embargoUntil': record.catena?.embargoUntil },
          { $unset: { 'catena.embargoUntil': '' } },
        );
      if (matchedCount === 0) {
        await this.hideIfWithdrawn(record);
        continue;
      }
      this.logger.info({ doi: record._id }, 'an embargo is over: the datasets are public');
    }
  }

  /** It was withdrawn while its datasets were opened. */
  private async hideIfWithdrawn(record: PublishedDataRecord): Promise<void> {
    const withdrawn = await this.catalogue
      .records('PublishedData')
      .findOne({ _id: record._id, status: 'withdrawn' }, { projection: { _id: 1 } });
    if (withdrawn !== null) await this.datasets.hide(record, 'catena');
  }
}
