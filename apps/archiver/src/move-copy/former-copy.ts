import { Injectable } from '@nestjs/common';
import type { MoveCopyV1 } from '#contracts';
import { Clock, crashPoint, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { Datablocks } from '../persistence/datablocks.js';
import { copiesChanged } from '../persistence/stored-copies.js';
import { markOf } from '../mend-copies/file-marks.js';
import { SetAside } from '../set-aside/set-aside.js';

/** The copy that a move leaves behind: it goes last, and only where the new one is another file on another storage. */
@Injectable()
export class FormerCopy {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly asides: SetAside,
    private readonly clock: Clock,
  ) {}

  /** Takes the old copy out of the record, then out of the way. Can be repeated. */
  async leave(order: MoveCopyV1, from: LongTermStorage, to: LongTermStorage): Promise<void> {
    const { archiveId } = order;
    // The record is not enough for taking a copy away: what was read back lies there.
    const kept = await markOf(to, archiveId);
    if (kept === undefined) throw copiesChanged(archiveId);
    // First the record: nobody may look for a copy that is going. The order that died after it finds the mark of its move.
    await this.datablocks.copyRemoved(archiveId, order.from, order.to);
    await this.assertLeft(order);
    crashPoint('archiver.move-left');
    await this.setAside(order, from, { reason: `it was moved to ${order.to}`, replacedBy: order.to });
    if ((await markOf(to, archiveId)) !== kept) await this.putBack(order, from);
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

  /** In one look: the old copy is listed no more, and the new one is, and is good. */
  private async assertLeft({ archiveId, from, to }: MoveCopyV1): Promise<void> {
    const { copies = [] } = (await this.datablocks.verified(archiveId)) ?? {};
    const isThere = (name: string): boolean =>
      copies.some(({ share, damaged }) => share === name && damaged === undefined);
    if (copies.some(({ share }) => share === from) || !isThere(to)) throw copiesChanged(archiveId);
  }

  /** The file of the new copy went with that of the old one: they were one. */
  private async putBack(
    { archiveId, from, to, workOrderId }: MoveCopyV1,
    share: LongTermStorage,
  ): Promise<never> {
    await this.asides.undo(share, { archiveId, workOrderId });
    await this.datablocks.copyMovedBack(archiveId, from, to, this.clock.now());
    throw samePlace(from, to, archiveId);
  }
}

function samePlace(from: string, to: string, archiveId: string): PermanentError {
  return new PermanentError(
    'archiver.share-twice',
    `Expected two storages to move ${archiveId} between, found that ${from} and ${to} are one place. The copy stays. Correct the places in ROUTES_FILE.`,
    { details: { archiveId, from, to } },
  );
}
