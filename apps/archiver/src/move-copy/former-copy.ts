import { Injectable } from '@nestjs/common';
import type { MoveCopyV1 } from '#contracts';
import { Clock, crashPoint, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { CopyCheck } from '../check-copies/copy-check.js';
import type { WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { copiesChanged, copyOn } from '../persistence/stored-copies.js';
import { fileChanged, markOf } from '../mend-copies/file-marks.js';
import { SetAside } from '../set-aside/set-aside.js';

/** A move at the point at which its new copy is recorded. */
interface Moving {
  readonly order: MoveCopyV1;
  readonly from: LongTermStorage;
  readonly to: LongTermStorage;
  readonly context: WorkContext;
}

/** The copy that a move leaves behind: it goes last, and only where the new one is another file on another storage. */
@Injectable()
export class FormerCopy {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly asides: SetAside,
    private readonly copies: CopyCheck,
    private readonly clock: Clock,
  ) {}

  /** Takes the old copy out of the record, then out of the way. Can be repeated. */
  async leave(moving: Moving): Promise<void> {
    const { order, from, to } = moving;
    const { archiveId } = order;
    // What cannot be set aside now stays a copy.
    await from.assertWritable();
    const datablock = await this.datablocks.verified(archiveId);
    const made = datablock === undefined ? undefined : copyOn(datablock, order.to);
    if (datablock === undefined || made === undefined) throw copiesChanged(archiveId);
    let kept = await markOf(to, archiveId);
    if (kept === undefined && copyOn(datablock, order.from) === undefined)
      await this.putBack(moving, datablock, made);
    // The record is not enough for taking a copy away: what was read back lies there.
    if (kept === undefined || kept !== made.mark) kept = await this.readAgain(moving, datablock, made);
    // First the record: nobody may look for a copy that is going. The order that died after it finds the mark of its move.
    await this.datablocks.copyRemoved(archiveId, order.from, order.to);
    await this.assertLeft(order);
    crashPoint('archiver.move-left');
    await this.setAside(order, from, { reason: `it was moved to ${order.to}`, replacedBy: order.to });
    const now = await markOf(to, archiveId);
    if (now === undefined) await this.putBack(moving, datablock, made);
    if (now !== kept) await this.readAgain(moving, datablock, made);
    await this.datablocks.moveEnded(archiveId, order.to, order.from);
  }

  setAside(
    { archiveId, pid, jobId, workOrderId }: MoveCopyV1,
    share: LongTermStorage,
    why: { readonly reason: string; readonly replacedBy: string },
  ): Promise<void> {
    return this.asides.from(share, { archiveId, pid, jobId, workOrderId, ...why });
  }

  /** Two targets that are one place hold one file. @throws PermanentError `archiver.share-twice` */
  async refuseSamePlace(from: LongTermStorage, to: LongTermStorage, archiveId: string): Promise<void> {
    const [one, other] = [await from.identity?.read(), await to.identity?.read()];
    if (one !== undefined && one.id === other?.id) throw samePlace(from.name, to.name, archiveId);
  }

  /**
   * What lies there is not known to be the file that was read back. A copy that is not good is recorded so, and the next try of the
   * order refuses it.
   *
   * @returns the mark of the good one
   */
  private async readAgain(
    { to, context }: Moving,
    datablock: StoredDatablock,
    made: StoredCopy,
  ): Promise<string | undefined> {
    const { _id, packedSize } = datablock;
    const mark = await markOf(to, _id);
    const seen = mark === undefined ? made : { ...made, mark };
    const { standing, found = '' } = await this.copies.check(datablock, seen, context, (bytes) =>
      context.progress('verifying', bytes, packedSize),
    );
    if (standing === 'unreadable') throw unreadable(_id, to.name, found);
    if (standing === 'damaged') throw copiesChanged(_id);
    if ((await markOf(to, _id)) !== mark) throw fileChanged(to, _id);
    return mark;
  }

  /** In one look: the old copy is listed no more, and the new one is, and is good. */
  private async assertLeft({ archiveId, from, to }: MoveCopyV1): Promise<void> {
    const { copies = [] } = (await this.datablocks.verified(archiveId)) ?? {};
    const isThere = (name: string): boolean =>
      copies.some(({ share, damaged }) => share === name && damaged === undefined);
    if (copies.some(({ share }) => share === from) || !isThere(to)) throw copiesChanged(archiveId);
  }

  /**
   * The old copy is out of the record and there is no file of the new one: it went with the old one, as they were one, or went by
   * itself. The old one is a copy again; a good one only if it is the file that was read back.
   */
  private async putBack(moving: Moving, datablock: StoredDatablock, made: StoredCopy): Promise<void> {
    const { order, from, to } = moving;
    const { archiveId, workOrderId } = order;
    await this.asides.undo(from, { archiveId, workOrderId });
    const back = await markOf(from, archiveId);
    if (back === undefined) return void (await this.readAgain(moving, datablock, made));
    const damaged = { at: this.clock.now(), found: 'its move did not end, and it was not read since' };
    const copy = { share: order.from, verifiedAt: made.verifiedAt };
    await this.datablocks.copyMovedBack(
      archiveId,
      back === made.mark ? copy : { ...copy, damaged },
      order.to,
    );
    if ((await markOf(to, archiveId)) !== undefined) throw samePlace(order.from, order.to, archiveId);
    throw newOneGone(order);
  }
}

function samePlace(from: string, to: string, archiveId: string): PermanentError {
  return new PermanentError(
    'archiver.share-twice',
    `Expected two storages to move ${archiveId} between, found that ${from} and ${to} are one place. The copy stays. Correct the places in ROUTES_FILE.`,
    { details: { archiveId, from, to } },
  );
}

function newOneGone({ archiveId, from, to }: MoveCopyV1): PermanentError {
  return new PermanentError(
    'archiver.copy-damaged',
    `Expected the new copy of ${archiveId} on ${to}, where it was read back, found no file: the former one is the copy again, on ${from}. Check ${to}, verify the dataset, then post the job again.`,
    { details: { archiveId, from, to } },
  );
}

function unreadable(archiveId: string, to: string, found: string): PermanentError {
  return new PermanentError(
    'archiver.copy-unreadable',
    `Expected to read the new copy of ${archiveId} on ${to} before the former one goes: ${found}. Both stay copies: correct what is in the way (rights, a link), then post the job again.`,
    { details: { archiveId, to } },
  );
}
