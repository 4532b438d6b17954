import { Injectable } from '@nestjs/common';
import { discardDatablockV1 } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { eventRow } from '#outbox';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { copiesOutside } from './outside-copies.js';

/** The second half of a reset: the tapes, once the catalogue has let go of the datablocks. */
@Injectable()
export class ResetDatablocks {
  constructor(
    private readonly orders: WorkOrders,
    private readonly places: DatablockPlaces,
    private readonly clock: Clock,
  ) {}

  /** The catalogue lists them no more: the archiver may set the tapes aside, and asks before it does. Can be repeated. */
  async setAside(taskId: string): Promise<void> {
    for await (const order of this.orders.toSetAside(taskId)) {
      const { _id, jobId, pid, archiveId, archivedBy, context } = order;
      const now = this.clock.now();
      const owner = archivedBy === undefined ? {} : { archivedBy };
      const request = eventRow(
        discardDatablockV1,
        { workOrderId: `${_id}/discard`, jobId, pid, archiveId, ...owner, reset: true },
        now,
        context,
      );
      const stored = await this.places.outside(archiveId, pid);
      await this.orders.setAside(_id, request, now, copiesOutside(order, stored));
    }
    crashPoint('assembler.after-set-aside');
  }
}
