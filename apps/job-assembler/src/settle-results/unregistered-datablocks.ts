import { Injectable } from '@nestjs/common';
import { discardDatablockV1 } from '#contracts';
import { Clock } from '#kernel';
import { eventRow } from '#outbox';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import type { WorkOrder } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { copiesOutside } from './outside-copies.js';

type Ended = 'done' | 'failed';

/**
 * Has the archiver take away datablocks that were archived and will never be registered. Whether a datablock goes or is
 * used by a retried job is decided in one write, on the work order that archived it; the archiver asks the catalogue
 * before it touches anything.
 */
@Injectable()
export class UnregisteredDatablocks {
  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly places: DatablockPlaces,
    private readonly clock: Clock,
  ) {}

  /**
   * Datablocks of a dataset that was cancelled, or refused or failed for good. Can be repeated.
   *
   * @param states of the work orders; a failed one may have left a tar that was never verified
   * @returns whether none is left: what a running job uses stays, and has to be looked at again
   */
  async discard(taskId: string, states: readonly Ended[] = ['done']): Promise<boolean> {
    let isAll = true;
    for await (const order of this.orders.unregistered(taskId, states)) {
      const use = await this.useOf(order);
      if (use === 'open' || (use === 'none' && !(await this.ask(order)))) isAll = false;
    }
    return isAll;
  }

  /** The catalogue vouches for the datablocks of this job: what other jobs archived of the dataset, and failed, is of no use. */
  async discardSuperseded(pid: string, jobId: string): Promise<void> {
    await this.orders.registerUsed(jobId, pid);
    for await (const { _id } of this.tasks.failedElsewhere(pid, jobId))
      await this.discard(_id, ['done', 'failed']);
  }

  /** `open`: a job that uses it, or may, is under way. `other`: another work order answers for it. */
  private async useOf(order: WorkOrder): Promise<'none' | 'open' | 'other'> {
    const { archiveId, archivedBy, usedBy } = order;
    if (usedBy !== undefined) {
      const user = await this.jobs.find(usedBy);
      if (user !== undefined && user.state !== 'finished') return 'open';
      // Where that job was cancelled before it used the datablock, no other job answers for it.
      return (await this.orders.isUsedBy(usedBy, archiveId)) ? 'other' : 'none';
    }
    // Work orders from before there was `usedBy`.
    return archivedBy === undefined && (await this.orders.isNamedByOthers(order)) ? 'other' : 'none';
  }

  /** @returns false when it is to be looked at again */
  private async ask(order: WorkOrder): Promise<boolean> {
    const { _id, jobId, pid, archiveId, archivedBy, context } = order;
    const now = this.clock.now();
    const owner = archivedBy === undefined ? {} : { archivedBy };
    const row = eventRow(
      discardDatablockV1,
      { workOrderId: `${_id}/discard`, jobId, pid, archiveId, ...owner },
      now,
      context,
    );
    const stored = await this.places.outside(archiveId, pid);
    return this.orders.discard(order, row, now, copiesOutside(order, stored));
  }
}
