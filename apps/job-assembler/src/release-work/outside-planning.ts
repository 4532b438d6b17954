import { Injectable } from '@nestjs/common';
import { onlyRoute } from '#routes';
import { Clock } from '#kernel';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { Jobs } from '../aggregates/jobs.js';
import { OutsideOrders, type OutsideOrder } from '../aggregates/outside-orders.js';
import type { DatasetTask, OutsideCopy, WorkOrder } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { laneName } from '../domain/lanes.js';
import { outsideOrderId } from '../domain/outside-work.js';

/** Makes work orders for workers of outside targets, of work that the archiver has done, or could not do. Each step can be repeated. */
@Injectable()
export class OutsidePlanning {
  constructor(
    private readonly jobs: Jobs,
    private readonly orders: WorkOrders,
    private readonly outside: OutsideOrders,
    private readonly places: DatablockPlaces,
    private readonly clock: Clock,
  ) {}

  /** @returns whether something was planned: then the dataset is looked at again */
  async follow(task: Pick<DatasetTask, '_id' | 'jobId'>): Promise<boolean> {
    let isAny = false;
    for await (const order of this.outside.toFollow(task._id)) {
      const stored = await this.places.outside(order.archiveId, order.pid);
      for (const target of order.outsideTargets ?? [])
        await this.plan(order, target, order.kind === 'verify' ? 'verify' : 'store', stored);
      await this.outside.noteFollowed(order._id);
      isAny = true;
    }
    // One that is cancelled in this very moment finds them planned, and cancels them itself.
    if (isAny && (await this.jobs.isCancelled(task.jobId)))
      await this.orders.cancelUnreleased({ taskId: task._id });
    return isAny;
  }

  /**
   * No copy of our own is good: one that others store may be.
   *
   * @param order the retrieval that has found that out, at the archiver or at a worker
   * @returns false when nobody has another one
   */
  async recallElsewhere(order: WorkOrder): Promise<boolean> {
    const stored = await this.places.outside(order.archiveId, order.pid);
    const tried = order.outside?.target ?? '';
    const next = Object.keys(stored)
      .sort()
      .find((target) => target > tried && stored[target]?.damagedAt === undefined);
    if (next === undefined) return false;
    const id = order.outside === undefined ? order._id : order._id.slice(0, -tried.length - 1);
    await this.plan({ ...order, _id: id }, next, 'retrieve', stored);
    if (await this.jobs.isCancelled(order.jobId))
      await this.orders.cancelUnreleased({ taskId: order.taskId });
    return true;
  }

  private async plan(
    order: WorkOrder,
    target: string,
    kind: 'store' | 'verify' | 'retrieve',
    stored: Readonly<Record<string, OutsideCopy>>,
  ): Promise<void> {
    const copy = stored[target];
    // An earlier job has stored it: this one uses what that one archived.
    if (kind === 'store' && copy !== undefined && copy.damagedAt === undefined) return;
    const { packedSize, sha256 } = (kind === 'store' ? order.result : copy) ?? {};
    if (packedSize === undefined || sha256 === undefined) return;
    const { jobId, taskId, planner, pid, group, archiveId, route = onlyRoute, priority, context } = order;
    const lane = laneName(kind === 'store' ? 'write' : 'read', { route, targets: [target] });
    const planned: OutsideOrder = {
      ...{ _id: outsideOrderId(order._id, target), jobId, taskId, pid, kind, state: 'planned', group, route },
      ...{ target: lane, targets: [target], archiveId, bytes: 0, share: 0, createdAt: this.clock.now() },
      // Of the same plan: it is counted with what it follows.
      ...(planner === undefined ? {} : { planner }),
      ...(priority === undefined ? {} : { priority }),
      ...(context === undefined ? {} : { context }),
      outside: { target, packedSize, sha256, phase: 'waiting', attempt: 0, faults: 0 },
      outbox: { rows: [] },
    };
    await this.outside.plan(planned);
  }
}
