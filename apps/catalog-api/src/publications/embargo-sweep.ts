import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Catalogue } from '../persistence/catalogue.js';
import { withoutWords } from '../persistence/own-fields.js';
import { PublicationChecks } from '../published-data/publication-checks.js';
import { PublicationDatasets } from '../published-data/publication-datasets.js';
import type { PublishedDataRecord } from '../published-data/published-data-record.js';

const interval = 30_000;
const batch = 100;
const shown: readonly string[] = ['public', 'registered', 'amended'];

/** Opens datasets whose embargo is over: nobody has to remember it. One round at a time. */
@Injectable()
export class EmbargoSweep extends HostedLoop {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly checks: PublicationChecks,
    private readonly datasets: PublicationDatasets,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'embargoes that end',
      pause: interval,
      logger,
      fault: 'could not look for embargoes that are over',
      restsFirst: true,
    });
  }

  /**
   * First the record says that its embargo is over, unless its author has extended it by then: what was made public cannot
   * be taken back. Then the datasets are opened, by this process or by the next one.
   */
  async round(): Promise<void> {
    const over = await this.find({
      'catena.embargoUntil': { $lte: this.clock.now() },
      status: { $in: shown },
    });
    for (const record of over) await this.unlessFaulty(record, () => this.decide(record));
    for (const record of await this.find({ 'catena.opening': { $exists: true } }))
      await this.unlessFaulty(record, () => this.open(record));
  }

  /** Counted again: earlier versions counted whole days, and the zone may be another one now. */
  private async decide(record: PublishedDataRecord): Promise<void> {
    const until = await this.checks.embargoOf(record);
    await this.catalogue
      .records('PublishedData')
      .updateOne(
        { _id: record._id, 'catena.embargoUntil': record.catena?.embargoUntil, status: { $in: shown } },
        until === undefined
          ? { $set: { 'catena.opening': this.clock.now() }, $unset: { 'catena.embargoUntil': '' } }
          : { $set: { 'catena.embargoUntil': until } },
      );
  }

  private async open(record: PublishedDataRecord): Promise<void> {
    const since = record.catena!.opening!;
    await this.datasets.show(record, 'catena', { 'datasetlifecycle.publishedOn': since });
    await this.hideIfWithdrawn(record);
    await this.catalogue
      .records('PublishedData')
      .updateOne({ _id: record._id, 'catena.opening': since }, { $unset: { 'catena.opening': '' } });
    this.logger.info({ doi: record._id }, 'an embargo is over: the datasets are public');
  }

  /** It was withdrawn while its datasets were opened. */
  private async hideIfWithdrawn(record: PublishedDataRecord): Promise<void> {
    const withdrawn = await this.catalogue
      .records('PublishedData')
      .findOne({ _id: record._id, status: 'withdrawn' }, { projection: { _id: 1 } });
    if (withdrawn !== null) await this.datasets.hide(record, 'catena');
  }

  private async find(condition: Record<string, unknown>): Promise<PublishedDataRecord[]> {
    const found = await this.catalogue
      .records('PublishedData')
      .find(condition, { projection: { 'catena.outbox': 0, ...withoutWords } })
      .sort({ _id: 1 })
      .limit(batch)
      .toArray();
    return found as unknown as PublishedDataRecord[];
  }

  /** One that cannot be opened stands in nobody's way. */
  private async unlessFaulty({ _id }: PublishedDataRecord, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.logger.error({ doi: _id, error: messageOf(error) }, 'an embargo that is over could not be lifted');
    }
  }
}
