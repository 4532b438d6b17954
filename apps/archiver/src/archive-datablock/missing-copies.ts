import { Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1 } from '#contracts';
import { Clock, TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { CopyCheck } from '../check-copies/copy-check.js';
import type { WorkContext } from '../domain/work.js';
import { CopyMending } from '../mend-copies/copy-mending.js';
import { fileChanged, markOf } from '../mend-copies/file-marks.js';
import { Passes } from '../mend-copies/passes.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { bestFirst, copiesChanged } from '../persistence/stored-copies.js';
import { OrderTargets } from './order-targets.js';

/** What the copies of one order are made with. */
interface Making {
  readonly known: StoredDatablock;
  readonly order: ArchiveDatablockV1;
  readonly context: WorkContext;
  readonly passes: Passes;
}

/**
 * Makes the copies that a datablock from an earlier order lacks: that one asked for fewer. Each is made of a copy that proves good as
 * it is read, whatever its record says, and is read back and compared with what was archived.
 */
@Injectable()
export class MissingCopies {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: CopyCheck,
    private readonly mending: CopyMending,
    private readonly targets: OrderTargets,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the datablock with as many copies as the order asks for
   * @throws TransientError `archiver.target-away`; PermanentError `archiver.no-good-copy`
   */
  async make(
    known: StoredDatablock,
    order: ArchiveDatablockV1,
    context: WorkContext,
  ): Promise<StoredDatablock> {
    const { _id: archiveId, packedSize } = known;
    await this.datablocks.askFor(archiveId, order.copies);
    const missing = order.copies - known.copies.length;
    if (missing <= 0) return known;
    const there = known.copies.map(({ share }) => share);
    const to = this.targets.of(order, missing, there);
    this.targets.oneOf(archiveId, there);
    for (const share of to) await this.assertReady(known, share);
    const passes = new Passes(context, packedSize, missing * 2);
    for (const share of to) await this.copyTo(share, { known, order, context, passes });
    const now = await this.datablocks.verified(archiveId);
    if (now !== undefined && now.copies.length >= order.copies) return now;
    throw new TransientError(
      'archiver.lease-lost',
      `Expected ${order.copies} copies of ${archiveId} after ${missing} were made, found that other work changed it meanwhile.`,
    );
  }

  /** Where a try that died has left a whole file, no room is needed. */
  private async assertReady(known: StoredDatablock, share: LongTermStorage): Promise<void> {
    await share.assertWritable();
    if ((await share.stat(known._id))?.size !== known.packedSize)
      await this.mending.assertReady(known, share);
  }

  private async copyTo(to: LongTermStorage, making: Making): Promise<void> {
    const { known, order, context, passes } = making;
    const there = await this.foundThere(to, making);
    if (!there.isGood)
      await this.mending.write({
        ...{ order, datablock: known, to, context, passes },
        sources: bestFirst(known.copies),
        makeWay: () =>
          this.mending.setAside(known, order, {
            ...{ share: to, mark: there.mark, replacedBy: to.name },
            reason: 'another copy was expected under its name',
          }),
      });
    const copy = { share: to.name, verifiedAt: this.clock.now() };
    if (!(await this.datablocks.copyMade(known._id, copy))) await this.withdraw(to, making);
  }

  /** What a try that died has left there, or anybody else. */
  private async foundThere(
    to: LongTermStorage,
    { known, context, passes }: Making,
  ): Promise<{ readonly isGood: boolean; readonly mark: string | undefined }> {
    const mark = await markOf(to, known._id);
    if (mark === undefined) return { isGood: false, mark };
    passes.add(1);
    const shown = (bytes: number): void => passes.show('verifying', bytes);
    const standing = await this.copies.standingOf(known, to, context, shown);
    passes.end();
    if ((await markOf(to, known._id)) !== mark) throw fileChanged(to, known._id);
    return { isGood: standing === 'good', mark };
  }

  /** Discarded meanwhile: a new copy that nobody lists must not stay under the name. One that others have listed is fine. */
  private async withdraw({ name }: LongTermStorage, { known, order }: Making): Promise<void> {
    const now = await this.datablocks.found(known._id);
    const isVerified = now?.state === 'verified';
    if (isVerified && now.copies?.some(({ share }) => share === name) === true) return;
    await this.mending.takeBack(known, order, name, !isVerified);
    throw copiesChanged(known._id);
  }
}
