import { Inject, Injectable } from '@nestjs/common';
import { workCancelledV1, type DiscardDatablockV1, type discardDatablockV1 } from '#contracts';
import { Clock, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type AnswerRow } from '#outbox';
import { isDuplicateKey } from '#persistence';
import { SharesToken } from '../archiver.tokens.js';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { refuseForeignName } from '../domain/own-datablock.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { SetAside } from '../set-aside/set-aside.js';

interface Owned {
  readonly archiveId: string;
  readonly jobId: string;
  readonly pid: string;
}

/** Sets aside the copies of a datablock that the catalogue does not list: its job was cancelled, or failed for good, or its dataset was reset. */
@Injectable()
export class DiscardDatablockHandler {
  constructor(
    private readonly store: ArchiverStore,
    private readonly catalogue: CatalogueWord,
    private readonly asides: SetAside,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  async handle(order: DiscardDatablockV1): Promise<AnswerRow<typeof discardDatablockV1>> {
    const { workOrderId, jobId } = order;
    await this.discard(
      order,
      order.reset === true ? 'its dataset was reset' : 'it was archived, and will never be registered',
    );
    return eventRow(workCancelledV1, { workOrderId, jobId }, this.clock.now());
  }

  /**
   * Takes whatever there is of a datablock out of the way, if it is of the job that the order names (its own, or the
   * predecessor that archived it) and the catalogue does not list it, whoever sends the order. Can be repeated.
   *
   * @throws PermanentError `archiver.datablock-registered`, `archiver.datablock-foreign`
   */
  async discard(order: DiscardDatablockV1, reason: string): Promise<void> {
    const { archiveId, pid, workOrderId, archivedBy: jobId = order.jobId } = order;
    const owned = { archiveId, jobId, pid };
    const known = await this.store.datablocks.findOne(
      { _id: archiveId },
      { projection: { jobId: 1, pid: 1 } },
    );
    if (known !== null && (known.jobId !== jobId || known.pid !== pid)) return;
    // Older archive ids are known by their record; without one only the name says whose it is.
    if (known === null) refuseForeignName(owned);
    if (await this.catalogue.lists(order))
      throw new PermanentError(
        'archiver.datablock-registered',
        `Expected ${archiveId} to be unknown to the catalogue, which lists it: a registered datablock is never discarded. Find out who sent work order ${workOrderId}.`,
        { details: { archiveId, jobId, pid } },
      );
    if (!(await this.mark(owned))) return;
    for (const share of this.shares) {
      const why = order.reset === true ? { reason, reset: true as const } : { reason };
      await this.asides.from(share, { archiveId, pid, jobId, workOrderId, ...why });
      await share.removePartials(archiveId);
    }
  }

  /** First the record: nobody may find a datablock whose copies are going, and no overtaken worker may report it. */
  private async mark({ archiveId, jobId, pid }: Owned): Promise<boolean> {
    try {
      await this.store.datablocks.updateOne(
        { _id: archiveId, jobId, pid },
        { $set: { state: 'discarded', discardedAt: this.clock.now() } },
        { upsert: true },
      );
      return true;
    } catch (error) {
      // It has come to belong to another job between the look and the mark.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
