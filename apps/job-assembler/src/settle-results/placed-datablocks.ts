import { Injectable } from '@nestjs/common';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { WorkOrders } from '../aggregates/work-orders.js';

/** Keeps where the copies of datablocks lie for as long as there are any. Each step can be repeated. */
@Injectable()
export class PlacedDatablocks {
  constructor(
    private readonly orders: WorkOrders,
    private readonly places: DatablockPlaces,
  ) {}

  /** Of an archival whose result is stored: the record is there before anything is told of it. */
  async archived(workOrderId: string): Promise<void> {
    const order = await this.orders.archived(workOrderId);
    if (order?.result?.kind !== 'archive' || order.result.targets === undefined) return;
    const { targets, placement } = order.result;
    await this.places.keep(order.archiveId, order.pid, targets, placement);
    // It may have been discarded since it was looked up, and the record removed before it was written.
    if ((await this.orders.archived(workOrderId)) === undefined) await this.places.remove(order.archiveId);
  }

  /** Of a repair, or a move, whose result is stored. */
  async changed(workOrderId: string): Promise<void> {
    const order = await this.orders.copiesChanged(workOrderId);
    if (order?.result?.kind !== 'copies' || order.result.targets === undefined) return;
    const { targets, placement } = order.result;
    await this.places.keep(order.archiveId, order.pid, targets, placement);
    // What was taken away since has no place any more, and this word of it may have come late.
    if (await this.orders.isAskedToGo(order.archiveId)) await this.places.remove(order.archiveId);
  }

  /**
   * The archiver has taken it away, as it was asked to. What workers of outside targets store goes later, and stays known until then.
   *
   * @param gone the datablock, as the archiver names it; absent: it is another job's, and stays, or the archiver is of before 0.7. A
   * record too many does no harm
   */
  async discarded(gone: string | undefined): Promise<void> {
    if (gone !== undefined) await this.places.remove(gone);
  }
}
