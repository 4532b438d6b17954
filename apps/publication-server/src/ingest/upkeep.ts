import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Embargoes } from '../persistence/embargoes.js';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecord } from '../persistence/records.js';
import { rendering, storedRecord } from '../persistence/stored-record.js';
import { Copies } from './copies.service.js';
import { nextDatestamp } from './datestamps.js';
import { FileLists } from './file-lists.js';
import { RecallFeed } from './recall-feed.service.js';
import { RecordIngest } from './record-ingest.service.js';

const interval = 10_000;
/** Records rendered again in one round: a new program works through a large store without a pause for readers. */
const batch = 500;
/** Records in memory at once: one may be several megabytes. */
const atOnce = 10;

/** What changes without a message: embargoes end, a new program renders differently, a crash left something open. */
@Injectable()
export class Upkeep extends HostedLoop {
  constructor(
    private readonly store: PublicStore,
    private readonly ingest: RecordIngest,
    private readonly lists: FileLists,
    private readonly copies: Copies,
    private readonly recalls: RecallFeed,
    private readonly embargoes: Embargoes,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'upkeep',
      pause: interval,
      logger,
      fault: 'upkeep failed, the next round tries again',
      ready: () => store.whenReady(),
    });
  }

  async round(): Promise<void> {
    const open = this.store.records
      .find({ settled: false }, { projection: { revision: 1 } })
      .sort({ _id: 1 })
      .limit(batch);
    for (const { _id, revision } of await open.toArray()) {
      await this.ingest.settle(_id, revision);
      stillMoving();
    }
    await this.renderAll({ embargoUntil: { $lte: this.clock.now() } });
    await this.renderAll({ rendering: { $lt: rendering } });
    await this.lists.sweep();
    await this.copies.sweep();
    await this.recalls.sweep();
  }

  /** One that cannot be rendered stands in nobody's way. */
  private async renderAll(condition: object): Promise<void> {
    const counts = { records: 0, failed: 0 };
    for await (const old of this.store.records
      .find(condition)
      .sort({ _id: 1 })
      .limit(batch)
      .batchSize(atOnce))
      try {
        await this.renderAgain(old);
        stillMoving();
        counts.records += 1;
      } catch (error) {
        counts.failed += 1;
        this.logger.error({ doi: old._id, error: messageOf(error) }, 'a record could not be rendered again');
      }
    if (counts.records + counts.failed > 0) this.logger.info(counts, 'records were rendered again');
  }

  /** What harvesters see changes, so the datestamp does (publication.md, D7). */
  private async renderAgain(old: StoredRecord): Promise<void> {
    const now = this.clock.now();
    const { sets, renderings, search, embargoUntil } = storedRecord(
      { ...old.record, pictures: [] },
      now,
      this.embargoes.timeZone,
    );
    const fields: Partial<StoredRecord> = { sets, renderings, search, rendering };
    await this.store.records.updateOne(
      { _id: old._id, revision: old.revision, datestamp: old.datestamp },
      {
        $set: {
          ...fields,
          ...(embargoUntil === undefined ? {} : { embargoUntil }),
          datestamp: nextDatestamp(now, old.datestamp),
          settled: false,
        },
        ...(embargoUntil === undefined ? { $unset: { embargoUntil: '' } } : {}),
      },
    );
    await this.ingest.settle(old._id, old.revision);
  }
}
