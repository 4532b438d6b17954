import { Injectable } from '@nestjs/common';
import { discardDatablockV1 } from '#contracts';
import { Clock } from '#kernel';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { WorkOrder } from '../persistence/records.js';

type Ended = 'done' | 'failed';

/**
 * Has the archiver take away datablocks that were archived and will never be registered. Whether a datablock goes or is
 * used by a retried job is decided in one write, on the work order that archived it; the archiver asks the catalogue
 * before it touches anything.
 */
@Injectable()
export class UnregisteredDatablocks {
  constructor(
    private readonly store: AssemblerStore,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  /**
   * Datablocks of a dataset that was cancelled, or refused or failed for good. Can be repeated.
   *
   * @param states of the work orders; a failed one may have left a tar that was never verified
   * @returns whether none is left: what a running job uses stays, and has to be looked at again
   */
  async discard(taskId: string, states: readonly Ended[] = ['done']): Promise<boolean> {
    const undone = {
      ...{ taskId, kind: 'archive' as const, state: { $in: [...states] } },
      ...{ discardedAt: { $exists: false }, registered: { $exists: false } },
    };
    let isAll = true;
    for await (const order of this.store.orders.find(undone as object).sort({ _id: 1 })) {
      const use = await this.useOf(order);
      if (use === 'open' || (use === 'none' && !(await this.ask(order)))) isAll = false;
    }
    this.relay.wake();
    return isAll;
  }

  /** The catalogue vouches for the datablocks of this job: what other jobs archived of the dataset, and failed, is of no use. */
  async discardSuperseded(pid: string, jobId: string): Promise<void> {
    await this.store.orders.updateMany({ usedBy: jobId, pid }, { $set: { registered: true } });
    const others = { pid, state: 'failed' as const, workflow: 'archive' as const, jobId: { $ne: jobId } };
    for await (const { _id } of this.store.tasks.find(others, { projection: { _id: 1 } }).sort({ _id: 1 }))
      await this.discard(_id, ['done', 'failed']);
  }

  /** `open`: a job that uses it, or may, is under way. `other`: another work order answers for it. */
  private async useOf({
    _id,
    jobId,
    archiveId,
    archivedBy,
    usedBy,
  }: WorkOrder): Promise<'none' | 'open' | 'other'> {
    if (usedBy !== undefined) {
      const user = await this.store.jobs.findOne({ _id: usedBy }, { projection: { state: 1 } });
      if (user !== null && user.state !== 'finished') return 'open';
      // Cancelled before it was used: nobody else answers for it.
      const using = { jobId: usedBy, archiveId, state: { $ne: 'cancelled' } };
      return (await this.isNamed(using)) ? 'other' : 'none';
    }
    // Work orders from before there was `usedBy`.
    const byOthers = { _id: { $ne: _id }, jobId: { $ne: jobId }, archiveId };
    return archivedBy === undefined && (await this.isNamed(byOthers)) ? 'other' : 'none';
  }

  private async isNamed(which: object): Promise<boolean> {
    return (await this.store.orders.countDocuments(which, { limit: 1 })) > 0;
  }

  /** @returns false when it is to be looked at again */
  private async ask({
    _id,
    jobId,
    pid,
    archiveId,
    archivedBy,
    usedBy,
    state,
    context,
  }: WorkOrder): Promise<boolean> {
    const now = this.clock.now();
    const owner = archivedBy === undefined ? {} : { archivedBy };
    const row = eventRow(
      discardDatablockV1,
      { workOrderId: `${_id}/discard`, jobId, pid, archiveId, ...owner },
      now,
      context,
    );
    const { $push, $set } = pushRows('outbox', [row], now);
    // A retried job may have begun to use it since it was looked up: then this misses.
    const asSeen = { usedBy: usedBy ?? { $exists: false }, registered: { $exists: false } };
    const { matchedCount } = await this.store.orders.updateOne(
      { _id, state, discardedAt: { $exists: false }, ...asSeen },
      { $set: { ...$set, discardedAt: now }, $push },
    );
    return matchedCount === 1;
  }
}
