import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { RetrieveDatablockV1, retrieveDatablockV1 } from '#contracts';
import { crashPoint, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import type { AnswerRow } from '#outbox';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { refuseForeign } from '../domain/own-datablock.js';
import type { WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { BestCopy } from './best-copy.js';
import { begun, checked } from './checked-bytes.js';
import type { Asker } from '../persistence/retrieved-copies.js';
import { PartRecall, partSizeOf } from './part-recall.js';
import { RecallLock } from './recall-lock.js';
import { askerOf, readerOf, RetrievalReports, wholeOf, type Retrieved } from './retrieval-reports.js';

/** Recalls a datablock, or a part of it, into the retrieval bucket. A retrieval that comes while it is there, or on its way, shares that one recall. */
@Injectable()
export class RetrieveDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly objects: ObjectStore,
    private readonly lock: RecallLock,
    private readonly reports: RetrievalReports,
    private readonly copies: BestCopy,
    private readonly parts: PartRecall,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async handle(
    order: RetrieveDatablockV1,
    context: WorkContext,
  ): Promise<AnswerRow<typeof retrieveDatablockV1>> {
    const datablock = await this.datablocks.verified(order.archiveId);
    if (datablock === undefined) {
      throw new PermanentError(
        'archiver.datablock-unknown',
        `Expected a verified datablock ${order.archiveId}, found none: it was not archived by this archiver.`,
      );
    }
    refuseForeign(datablock, order);
    const retrieved = await this.retrieved(datablock, order, context);
    crashPoint('archiver.after-retrieve');
    return this.reports.report(order, retrieved);
  }

  private async retrieved(
    datablock: StoredDatablock,
    order: RetrieveDatablockV1,
    context: WorkContext,
  ): Promise<Retrieved> {
    const isAdopted = datablock.adopted !== undefined;
    // Clients unpack, and check, one format.
    if (order.selection === undefined && !isAdopted)
      return this.whole(wholeOf(datablock), datablock, order, askerOf(order), context);
    if (isAdopted && this.copies.isFetchedWhole(datablock)) return this.viaWhole(datablock, order, context);
    return this.parts.obtain(datablock, order, context);
  }

  /**
   * The files of an earlier system's tar lie in any order: they are read from the bucket, where each can be had alone. Whatever comes
   * of it the whole tar is let go of: it waits for no room while it takes some, and another try finds it if nobody needed that.
   */
  private async viaWhole(
    datablock: StoredDatablock,
    order: RetrieveDatablockV1,
    context: WorkContext,
  ): Promise<Retrieved> {
    const there = await this.parts.present(datablock, order);
    if (there !== undefined) return there;
    const reader = readerOf(order);
    const whole = { ...wholeOf(datablock), beside: partSizeOf(datablock, order) };
    try {
      await this.whole(whole, datablock, order, reader, context);
      return await this.parts.obtain(datablock, order, context);
    } finally {
      await this.lock.letGo(whole.name, reader);
    }
  }

  private async whole(
    whole: Retrieved,
    datablock: StoredDatablock,
    order: RetrieveDatablockV1,
    asker: Asker,
    context: WorkContext,
  ): Promise<Retrieved> {
    if ((await this.reports.present(whole, asker)) === undefined)
      await this.lock.recall(whole, asker, context, async (held) => {
        this.logger.info({ archiveId: datablock._id }, 'recall begins');
        await this.copies.read(datablock, order.targets, held, (share) =>
          this.recallFrom(share, datablock, held),
        );
        return whole;
      });
    return whole;
  }

  /** One pass: read, hash, store. The object appears only if the checksum agreed at the last byte. */
  private async recallFrom(
    share: LongTermStorage,
    { _id, packedSize, sha256 }: StoredDatablock,
    context: WorkContext,
  ): Promise<void> {
    const source = await share.read(_id, { fresh: true, signal: context.signal });
    const bytes = checked(source as AsyncIterable<Buffer>, {
      ...{ name: _id, share: share.name, packedSize, sha256, context },
    });
    const body = Readable.from(await begun(bytes), { objectMode: false });
    await this.objects.put(this.config.retrievalBucket, _id, body, {
      size: packedSize,
      contentType: 'application/x-tar',
      metadata: { sha256 },
    });
  }
}
