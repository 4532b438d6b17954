import { Inject, Injectable } from '@nestjs/common';
import { workCancelledV1, type DiscardDatablockV1, type discardDatablockV1 } from '#contracts';
import { Clock, isRetriable, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type AnswerRow } from '#outbox';
import { SharesToken } from '../archiver.config.js';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { targetAway, withLeft } from '../domain/missing-targets.js';
import { refuseForeignName } from '../domain/own-datablock.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { WorkContext } from '../domain/work.js';
import type { StoredCopy } from '../persistence/records.js';
import { SetAside, type Unwanted } from '../set-aside/set-aside.js';

/** Sets aside the copies of a datablock that the catalogue does not list: its job was cancelled, or failed for good, or its dataset was reset. */
@Injectable()
export class DiscardDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly catalogue: CatalogueWord,
    private readonly asides: SetAside,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  async handle(
    order: DiscardDatablockV1,
    { left }: Pick<WorkContext, 'left'> = {},
  ): Promise<AnswerRow<typeof discardDatablockV1>> {
    const { workOrderId, jobId } = order;
    const isGone = await this.discard(
      order,
      order.reset === true ? 'its dataset was reset' : 'it was archived, and will never be registered',
      left,
    );
    const which = isGone ? { archiveId: order.archiveId } : {};
    return eventRow(workCancelledV1, { workOrderId, jobId, ...which }, this.clock.now());
  }

  /**
   * Takes whatever there is of a datablock out of the way, if it is of the job that the order names (its own, or the
   * predecessor that archived it) and the catalogue does not list it, whichever app sends the order. Can be repeated. A target that
   * is away keeps nothing else from going: the error says what is left.
   *
   * @param left targets where an earlier look left something to be done; absent: all
   * @returns false when it is another job's, and stays
   * @throws PermanentError `archiver.datablock-registered`, `archiver.datablock-foreign`
   */
  async discard(order: DiscardDatablockV1, reason: string, left?: readonly string[]): Promise<boolean> {
    const { archiveId, pid, workOrderId, archivedBy: jobId = order.jobId } = order;
    const known = await this.datablocks.found(archiveId);
    if (known !== undefined && (known.jobId !== jobId || known.pid !== pid)) return false;
    // Older archive ids are known by their record; without one only the name says whose it is.
    if (known === undefined) refuseForeignName({ archiveId, jobId, pid });
    if (await this.catalogue.lists(order))
      throw new PermanentError(
        'archiver.datablock-registered',
        `Expected ${archiveId} to be unknown to the catalogue, which lists it: a registered datablock is never discarded. Find out who sent work order ${workOrderId}.`,
        { details: { archiveId, jobId, pid } },
      );
    // First the record: nobody may find a datablock whose copies are going, and no overtaken worker may report it. It may also have
    // come to belong to another job since it was looked up.
    if (!(await this.datablocks.discard({ _id: archiveId, jobId, pid }, this.clock.now()))) return false;
    const why = order.reset === true ? { reason, reset: true as const } : { reason };
    await this.takeAway({ archiveId, pid, jobId, workOrderId, ...why }, left ?? this.placesOf(known?.copies));
    return true;
  }

  /** All that this archiver has, for a leftover may lie anywhere, and the others where copies lie, or one that moves has not left yet. */
  private placesOf(copies: readonly StoredCopy[] = []): string[] {
    const recorded = copies.flatMap(({ share, replaces = share }) => [share, replaces]);
    return [...new Set([...this.shares.map(({ name }) => name), ...recorded])];
  }

  /**
   * @throws TransientError with `left`, after everything was done that can be done now: a fault that stays hides nothing that others
   * still have to do, is looked at again with that, and is thrown when nothing else is left
   */
  private async takeAway(unwanted: Unwanted, places: readonly string[]): Promise<void> {
    const [left, faults]: [string[], unknown[]] = [[], []];
    const missing = places.filter((name) => !this.shares.some((share) => share.name === name));
    for (const share of this.shares.filter(({ name }) => places.includes(name)))
      try {
        await this.asides.from(share, unwanted);
        await share.removePartials(unwanted.archiveId);
      } catch (error) {
        left.push(share.name);
        faults.push(error);
      }
    const served = this.shares.map(({ name }) => name);
    if (missing.length > 0) faults.push(targetAway(unwanted.archiveId, missing, served));
    if (faults.length > 0) throw withLeft(faults.find(isRetriable) ?? faults[0], [...left, ...missing]);
  }
}
