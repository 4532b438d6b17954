import { Inject, Injectable } from '@nestjs/common';
import {
  discardConfirmedV1,
  uploadOfferedV1,
  type ConfirmDiscardV1,
  type confirmDiscardV1,
  type OfferUploadV1,
  type offerUploadV1,
  type TakeUploadV1,
  type takeUploadV1,
} from '#contracts';
import { Clock, crashPoint, PermanentError } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { refuseForeign } from '../domain/own-datablock.js';
import { WorkDeferred, type WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { StoredDatablock } from '../persistence/records.js';
import { RecallLock } from '../retrieve-datablock/recall-lock.js';
import { askerOf, RetrievalReports, wholeOf } from '../retrieve-datablock/retrieval-reports.js';
import { Uploads } from './uploads.js';

/** Milliseconds between two looks whether a file that was set aside is still kept. */
const lookAgain = 600_000;

/** The archiver's part in copies that others store: links for their uploads, the look at these, and a word before copies go. */
@Injectable()
export class OutsideCopiesHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly asides: FilesAside,
    private readonly uploads: Uploads,
    private readonly lock: RecallLock,
    private readonly reports: RetrievalReports,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  async offer(order: OfferUploadV1): Promise<AnswerRow<typeof offerUploadV1>> {
    const { workOrderId, jobId, pid, archiveId } = order;
    const { packedSize } = await this.known(order);
    const { retrievedLifetime } = this.config;
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + retrievedLifetime).toISOString();
    const url = await this.uploads.link(workOrderId, packedSize, retrievedLifetime);
    return eventRow(uploadOfferedV1, { workOrderId, jobId, pid, archiveId, url, expiresAt }, now);
  }

  /** A copy that is there already, from another retrieval, is as good: it was compared as well. */
  async take(order: TakeUploadV1, context: WorkContext): Promise<AnswerRow<typeof takeUploadV1>> {
    const datablock = await this.known(order);
    const whole = wholeOf(datablock);
    if ((await this.reports.present(whole, askerOf(order))) === undefined)
      await this.lock.recall(whole, askerOf(order), context, async (held) => {
        await this.uploads.take(order.offer, datablock, held);
        return whole;
      });
    crashPoint('archiver.after-retrieve');
    const report = await this.reports.report(order, whole);
    await this.uploads.remove(order.offer);
    return report;
  }

  /**
   * The copies that others store go when nothing of ours is kept any more: so they are kept as long, and go for the same proofs.
   *
   * @throws PermanentError `archiver.datablock-in-use`; WorkDeferred while something is kept
   */
  async confirm(order: ConfirmDiscardV1): Promise<AnswerRow<typeof confirmDiscardV1>> {
    const { workOrderId, jobId, pid, archiveId } = order;
    const found = await this.datablocks.found(archiveId);
    if (found !== undefined) refuseForeign(found, order);
    if (found?.state === 'verified')
      throw new PermanentError(
        'archiver.datablock-in-use',
        `Expected datablock ${archiveId} to be discarded, found it in use: an operator has brought it back. Its copies at outside targets stay.`,
      );
    if (await this.asides.isAside(archiveId))
      throw new WorkDeferred(`What was set aside of ${archiveId} is still kept.`, lookAgain);
    return eventRow(discardConfirmedV1, { workOrderId, jobId, pid, archiveId }, this.clock.now());
  }

  private async known(order: OfferUploadV1 | TakeUploadV1): Promise<StoredDatablock> {
    const datablock = await this.datablocks.verified(order.archiveId);
    if (datablock === undefined)
      throw new PermanentError(
        'archiver.datablock-unknown',
        `Expected a verified datablock ${order.archiveId}, found none: it was not archived by this archiver.`,
      );
    refuseForeign(datablock, order);
    return datablock;
  }
}
