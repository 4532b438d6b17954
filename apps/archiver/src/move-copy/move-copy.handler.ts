import { Inject, Injectable } from '@nestjs/common';
import { copyMovedV1, type MoveCopyV1, type moveCopyV1 } from '#contracts';
import { Clock, crashPoint, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type AnswerRow } from '#outbox';
import { SharesToken } from '../archiver.config.js';
import { CopyCheck } from '../check-copies/copy-check.js';
import { targetAway } from '../domain/missing-targets.js';
import { copyElsewhere, datablockToTend } from '../check-copies/tended-datablock.js';
import type { WorkContext } from '../domain/work.js';
import { CopyMending } from '../mend-copies/copy-mending.js';
import { fileChanged, markOf } from '../mend-copies/file-marks.js';
import { Passes } from '../mend-copies/passes.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { bestFirst, copiesChanged, copyOn, isDamaged, namedTargets } from '../persistence/stored-copies.js';
import { FormerCopy } from './former-copy.js';

/** The two ends of a move. */
interface Ends {
  readonly from: LongTermStorage;
  readonly to: LongTermStorage;
}

/**
 * Moves a copy to another target: the new one is written from a copy that proves good, read back and recorded before the old one is
 * touched. Can be repeated from any point: the record of the new copy says what it takes the place of, until the move is over.
 */
@Injectable()
export class MoveCopyHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: CopyCheck,
    private readonly mending: CopyMending,
    private readonly former: FormerCopy,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  async handle(order: MoveCopyV1, context: WorkContext): Promise<AnswerRow<typeof moveCopyV1>> {
    const datablock = await datablockToTend(this.datablocks, order);
    const ends = this.endsOf(order);
    if (await this.isMoved(order, datablock)) return this.report(order);
    // Before anything is read: a copy on a target that cannot be written now does not leave it.
    await ends.from.assertWritable();
    await this.former.refuseSamePlace(ends.from, ends.to, datablock._id);
    await this.copy(order, datablock, ends, context);
    context.signal.throwIfAborted();
    await this.former.leave({ order, ...ends, context });
    return this.report(order);
  }

  /**
   * Takes back what a cancelled order has made, or ends what it can only end. Can be repeated. The record decides first, for it may be
   * that no archiver has both targets; a file that the order did not make stays where it lies.
   */
  async undo(order: MoveCopyV1): Promise<void> {
    const datablock = await this.datablocks.verified(order.archiveId);
    if (datablock?.pid !== order.pid) return;
    const [old, made] = [copyOn(datablock, order.from), copyOn(datablock, order.to)];
    if (made !== undefined && made.replaces !== order.from) return;
    if (old === undefined && (made === undefined || isDamaged(made)))
      return made === undefined ? undefined : this.listAgain(order.from, datablock);
    const marks = await this.mending.publishedBy(order, order.to);
    if (made === undefined && marks.length === 0) return;
    const { from, to } = this.endsOf(order);
    // The new copy is not taken back unless the old one is there.
    const isOldThere = old !== undefined && (await markOf(from, datablock._id)) !== undefined;
    if (!isOldThere)
      return made === undefined ? undefined : this.former.leave({ order, from, to, context: unhurried() });
    if (made !== undefined && !(await this.datablocks.copyRemoved(datablock._id, order.to, order.from)))
      return;
    const mark = await markOf(to, datablock._id);
    if (mark !== undefined && marks.includes(mark))
      await this.former.setAside(order, to, { reason: 'its move was cancelled', replacedBy: order.from });
  }

  /** @returns whether there is nothing left to do @throws PermanentError `archiver.copy-elsewhere`, `archiver.copy-there` */
  private async isMoved({ from, to }: MoveCopyV1, datablock: StoredDatablock): Promise<boolean> {
    const [old, made] = [copyOn(datablock, from), copyOn(datablock, to)];
    if (made === undefined) {
      if (old === undefined) throw copyElsewhere(datablock, from);
      return false;
    }
    if (isDamaged(made) && old === undefined && made.replaces === from) {
      await this.listAgain(from, datablock);
      const done = `The one on ${from} is a copy again, and counts as damaged until it was read.`;
      throw refusal('archiver.copy-damaged', datablock, to, 'a damaged one', done);
    }
    if (isDamaged(made)) throw refusal('archiver.copy-damaged', datablock, to, 'a damaged one');
    if (made.replaces === from) return false;
    // Moved by an order that has ended.
    if (old === undefined) return true;
    throw refusal('archiver.copy-there', datablock, to, 'one there already');
  }

  /** The new copy went bad before the old one was out of the way: that may be the good one. A repair will read it. */
  private async listAgain(share: string, { _id }: StoredDatablock): Promise<void> {
    const now = this.clock.now();
    const damaged = { at: now, found: 'its move did not end, and it was not read since' };
    await this.datablocks.copyReturned(_id, { share, verifiedAt: now, damaged });
  }

  private async copy(
    order: MoveCopyV1,
    datablock: StoredDatablock,
    { to }: Ends,
    context: WorkContext,
  ): Promise<void> {
    // Recorded by a try that died.
    if (copyOn(datablock, order.to) !== undefined) return;
    await to.assertWritable();
    const passes = new Passes(context, datablock.packedSize, 2);
    const there = await this.foundThere(order, datablock, to, context, passes);
    let { mark } = there;
    if (there.standing !== 'good')
      mark = await this.mending.write({
        ...{ order, datablock, to, context, passes },
        sources: bestFirst(datablock.copies, [order.from]),
        makeWay: () =>
          this.mending.setAside(datablock, order, {
            ...{ share: to, mark: there.mark, replacedBy: to.name },
            reason: 'another copy was expected under its name',
          }),
      });
    const copy = {
      ...{ share: order.to, verifiedAt: this.clock.now(), replaces: order.from },
      ...(mark === undefined ? {} : { mark }),
    };
    const isRecorded = await this.datablocks.copyAdded(datablock, copy);
    crashPoint('archiver.move-recorded');
    if (!isRecorded) await this.withdraw(order, datablock);
  }

  /** What a try that died has left there, or anybody else. */
  private async foundThere(
    order: MoveCopyV1,
    datablock: StoredDatablock,
    to: LongTermStorage,
    context: WorkContext,
    passes: Passes,
  ): Promise<{ readonly standing: 'good' | 'damaged' | 'none'; readonly mark: string | undefined }> {
    const mark = await markOf(to, datablock._id);
    if (mark === undefined) return { standing: 'none', mark };
    passes.add(1);
    const shown = (bytes: number): void => passes.show('verifying', bytes);
    const standing = await this.copies.standingOf(datablock, to, context, shown);
    passes.end();
    if ((await markOf(to, datablock._id)) !== mark) throw fileChanged(to, datablock._id);
    if (standing === 'unreadable')
      throw refusal('archiver.copy-there', datablock, order.to, 'a file there that cannot be read');
    return { standing, mark };
  }

  /** Others were faster: a new copy that nobody lists must not stay under the name. */
  private async withdraw(order: MoveCopyV1, { _id, pid, ...others }: StoredDatablock): Promise<never> {
    const now = await this.datablocks.found(_id);
    const isListed =
      now?.state === 'verified' && now.copies?.some(({ share }) => share === order.to) === true;
    if (!isListed)
      await this.mending.takeBack({ ...others, _id, pid }, order, order.to, now?.state !== 'verified');
    throw copiesChanged(_id);
  }

  /** @throws TransientError `archiver.target-away` */
  private endsOf({ archiveId, from, to }: MoveCopyV1): Ends {
    const [one, other] = [from, to].map((name) => this.shares.find((share) => share.name === name));
    if (one !== undefined && other !== undefined) return { from: one, to: other };
    const missing = [from, to].filter((name) => !this.shares.some((share) => share.name === name));
    throw targetAway(
      archiveId,
      missing,
      this.shares.map(({ name }) => name),
    );
  }

  private async report(order: MoveCopyV1): Promise<AnswerRow<typeof moveCopyV1>> {
    const { copies, placement = 0, packedSize } = await datablockToTend(this.datablocks, order);
    const { workOrderId, jobId, pid, archiveId } = order;
    const targets = namedTargets(copies);
    return eventRow(
      copyMovedV1,
      {
        ...{ workOrderId, jobId, pid, archiveId, placement, packedSize },
        ...(targets === undefined ? {} : { targets }),
      },
      this.clock.now(),
    );
  }
}

/** A cancelled order that can only be ended: nothing of it is stopped any more. */
function unhurried(): WorkContext {
  return { epoch: 0, signal: new AbortController().signal, progress: () => undefined };
}

function refusal(
  code: string,
  { _id }: StoredDatablock,
  to: string,
  found: string,
  done = 'Nothing was touched.',
): PermanentError {
  const remedy =
    code === 'archiver.copy-damaged'
      ? 'Post a job of type repair for the dataset first.'
      : 'Move the copy to a target that has none: two copies on one target are one.';
  return new PermanentError(
    code,
    `Expected no copy of ${_id} on ${to} yet, found ${found}. ${done} ${remedy}`,
    { details: { archiveId: _id, to } },
  );
}
