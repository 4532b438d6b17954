import { Injectable } from '@nestjs/common';
import type { Page } from '#console-api';
import { olderThan, pageOf, placeIn } from '#operations';
import { isThere } from '#persistence';
import type { WorkOrder } from '../aggregates/records.js';
import {
  WorkFigures,
  type LanePlace,
  type LaneWaiting,
  type OrderFilter,
  type OrderRow,
} from '../aggregates/work-figures.js';
import type { PauseScope } from '../domain/steering.js';
import type { Priority } from '#routes';
import { priorities, releasedIn, storedAs } from './work-order-queries.js';
import type { DoneWork } from '../domain/estimate.js';
import { AssemblerStore } from './assembler-store.js';
import { absent, endingIn } from './queries.js';

/** Work orders of one lane that an estimate is made of. */
const maxDone = 50;
const times = { bytes: 1, share: 1, createdAt: 1, releasedAt: 1, endedAt: 1 } as const;

/** More than this is more than people compare. */
const maxCounted = 100_000;

const rowFields = {
  ...{ jobId: 1, pid: 1, kind: 1, state: 1, group: 1, target: 1, targets: 1, route: 1, priority: 1 },
  ...{ deferredUntil: 1, readAt: 1, archiveId: 1, bytes: 1, share: 1, fault: 1, createdAt: 1, releasedAt: 1 },
  ...{ acceptedAt: 1, heardAt: 1, endedAt: 1, waits: 1, waitCode: 1, 'outside.target': 1 },
} as const;

const done = { $multiply: ['$bytes', '$share'] };

/** Numbers about the collection `work_orders`. What waits may be much, and is counted in an index; the rest is little. */
@Injectable()
export class MongoWorkFigures extends WorkFigures {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async waiting(within?: number): Promise<LaneWaiting[]> {
    // Told apart by what the index has: a filter for what is absent would read every record.
    const unless = (value: unknown, other: unknown) => ({
      $cond: [{ $eq: [{ $type: '$deferredUntil' }, 'date'] }, other, value],
    });
    const rows = await this.store.orders
      .aggregate<{ _id: string; count: number; oldest: Date }>(
        [
          { $match: { state: 'planned' } },
          {
            $group: {
              _id: '$target',
              count: { $sum: unless(1, 0) },
              oldest: { $min: unless('$createdAt', '$$REMOVE') },
            },
          },
          { $match: { count: { $gt: 0 } } },
        ],
        endingIn(within),
      )
      .toArray();
    return rows.map(({ _id: lane, count, oldest }) => ({ lane, count: Number(count), oldest }));
  }

  countReleased(scope: PauseScope): Promise<number> {
    return this.store.orders.countDocuments(releasedIn(scope));
  }

  async page(filter: OrderFilter, after: string | undefined, limit: number): Promise<Page<OrderRow>> {
    const { target, ...plain } = filter;
    const at = target === undefined ? {} : { $or: [{ targets: target }, { readAt: target }] };
    // Drafts of a planner that is at it are no work yet.
    const which = { state: { $ne: 'drafted' as const }, ...plain };
    const found = await this.store.orders
      .find({ $and: [which, at, olderThan('createdAt', placeIn(after))] }, { projection: rowFields })
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(found, limit, ({ createdAt, _id: id }) => ({ at: createdAt, id }), rowOf);
  }

  async placeIn(jobId: string, lane: string, since: Date): Promise<LanePlace | undefined> {
    const { orders } = this.store;
    const waiting = { state: 'planned' as const, target: lane, deferredUntil: absent };
    const [next] = await orders
      .find({ ...waiting, jobId } as object, { projection: { createdAt: 1, priority: 1, group: 1 } })
      .sort({ createdAt: 1, _id: 1 })
      .limit(1)
      .toArray();
    if (next === undefined) return undefined;
    const { createdAt, priority = 1, group } = next;
    const count = (which: object): Promise<number> =>
      orders.countDocuments({ ...waiting, ...which }, { limit: maxCounted });
    const [urgent, older, others, endedSince] = await Promise.all([
      // More urgent work goes first, however late it came; what waits for long enough to be more urgent itself is left out.
      count({ priority: { $in: above(priority) } }),
      count({ priority: storedAs(priority), createdAt: { $lt: createdAt } }),
      isThere(orders, { ...waiting, group: { $ne: group } }),
      orders.countDocuments({ state: 'done', target: lane, endedAt: { $gte: since } }, { limit: maxCounted }),
    ]);
    return { before: urgent + older, endedSince, isShared: others };
  }

  async done(
    lanes: readonly string[],
    since: Date,
    now: Date,
  ): Promise<ReadonlyMap<string, readonly DoneWork[]>> {
    const found = new Map<string, readonly DoneWork[]>();
    for (const lane of lanes)
      found.set(lane, [...(await this.ended(lane, since)), ...(await this.running(lane, now))]);
    return found;
  }

  private async ended(target: string, since: Date): Promise<DoneWork[]> {
    const rows = await this.store.orders
      .find({ state: 'done', target, endedAt: { $gte: since } }, { projection: times })
      .sort({ endedAt: -1 })
      .limit(maxDone)
      .toArray();
    return rows.map(({ bytes, createdAt, releasedAt = createdAt, endedAt = releasedAt }) => ({
      ...{ bytes, from: releasedAt.getTime(), to: endedAt.getTime() },
    }));
  }

  /** What has not moved says nothing: it may wait for its source. */
  private async running(target: string, now: Date): Promise<DoneWork[]> {
    const rows = await this.store.orders
      .find({ state: 'released', target, share: { $gt: 0 } }, { projection: times })
      .limit(maxDone)
      .toArray();
    return rows.map(({ bytes, share, createdAt, releasedAt = createdAt }) => ({
      ...{ bytes: bytes * share, from: releasedAt.getTime(), to: now.getTime() },
    }));
  }

  async left(jobId?: string): Promise<ReadonlyMap<string, number>> {
    const whose = jobId === undefined ? {} : { jobId };
    const [planned, released] = await Promise.all([
      this.bytesByLane({ ...whose, state: 'planned' }, '$bytes'),
      this.bytesByLane({ ...whose, state: 'released' }, { $subtract: ['$bytes', done] }),
    ]);
    return sum(planned, released);
  }

  async isOutside(jobId: string): Promise<boolean> {
    const open = { $in: ['planned', 'released'] };
    const which = [
      { jobId, state: open, outside: { $exists: true } },
      { jobId, state: open, 'outsideTargets.0': { $exists: true } },
      { jobId, state: 'done', 'outsideTargets.0': { $exists: true }, outsidePlanned: absent },
    ] as object[];
    const found = await Promise.all(which.map((one) => isThere(this.store.orders, one)));
    return found.includes(true);
  }

  private async bytesByLane(match: object, bytes: string | object): Promise<ReadonlyMap<string, number>> {
    const rows = await this.store.orders
      .aggregate<{ _id: string; bytes: number }>([
        { $match: match },
        { $group: { _id: '$target', bytes: { $sum: bytes } } },
      ])
      .toArray();
    return new Map(rows.map((row) => [row._id, Number(row.bytes)]));
  }
}

function sum(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const lanes = new Set([...one.keys(), ...other.keys()]);
  return new Map([...lanes].map((lane) => [lane, (one.get(lane) ?? 0) + (other.get(lane) ?? 0)]));
}

function rowOf({ _id: id, target: lane, outside, ...order }: WorkOrder): OrderRow {
  return { id, lane, ...order, ...(outside === undefined ? {} : { worker: outside.target }) };
}

/** Records from before 0.6 have none: they are normal. */
function above(priority: Priority): (Priority | null)[] {
  const found: (Priority | null)[] = priorities.filter((one) => one < priority);
  return priority > 1 ? [...found, null] : found;
}
