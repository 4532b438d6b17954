import { Injectable } from '@nestjs/common';
import type { Priority } from '#routes';
import { newOutbox, OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { isDuplicateKey, isThere, rowsById, stepOf, type Step } from '#persistence';
import type { CopyToRemove, Fault, WorkOrder } from '../aggregates/records.js';
import {
  WorkOrders,
  type ArchivedBefore,
  type HowReleased,
  type SettledCounts,
  type ToldProgress,
  type WorkEnd,
  type WorkOrderCounts,
  type WorkScope,
} from '../aggregates/work-orders.js';
import type { Candidate } from '../domain/fair-release.js';
import type { ReleaseRules } from '../domain/release-rules.js';
import { Slots, type Lane } from '../domain/slots.js';
import { workOrderSteps, type WorkOrderState } from '../domain/states.js';
import { AssemblerStore } from './assembler-store.js';
import { absent, countByState, underWay, endingIn } from './queries.js';
import {
  candidateOf,
  archivedBefore,
  copiesToGo,
  ofTurn,
  priorities,
  progressOf,
  releasedFields,
  settledCounts,
  settledStages,
  storedAs,
  takenSlots,
  type SettledRow,
  type TakenSlots,
} from './work-order-queries.js';

const doneBefore = stepOf(workOrderSteps, 'drafted', 'done');
const plan = stepOf(workOrderSteps, 'drafted', 'planned');
const cancelDrafted = stepOf(workOrderSteps, 'drafted', 'cancelled');
const cancelPlanned = stepOf(workOrderSteps, 'planned', 'cancelled');
const cancelUnreleased = stepOf(workOrderSteps, ['drafted', 'planned'], 'cancelled');
const release = stepOf(workOrderSteps, 'planned', 'released');
const ends = {
  done: stepOf(workOrderSteps, 'released', 'done'),
  failed: stepOf(workOrderSteps, 'released', 'failed'),
  cancelled: stepOf(workOrderSteps, 'released', 'cancelled'),
};

/** Work orders in the collection `work_orders`. */
@Injectable()
export class MongoWorkOrders extends WorkOrders {
  constructor(
    private readonly store: AssemblerStore,
    private readonly relay: OutboxRelay,
  ) {
    super();
  }

  private get orders() {
    return this.store.orders;
  }

  private get outbox(): OutboxCollection {
    return new OutboxCollection(this.orders, this.relay);
  }

  async draft(order: WorkOrder & { readonly planner: number }): Promise<boolean> {
    const { _id, ...draft } = order;
    const older = { _id, state: 'drafted' as const, planner: { $lte: order.planner } };
    try {
      await this.orders.replaceOne(older, draft, { upsert: true });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async discardDrafts(taskId: string, planner: number): Promise<void> {
    await this.orders.deleteMany({ taskId, state: 'drafted', planner });
  }

  async discardDraftsBefore(taskId: string, planner: number): Promise<void> {
    // Drafts of older versions have no token.
    await this.orders.deleteMany({ taskId, state: 'drafted', planner: { $not: { $gte: planner } } });
  }

  async useAgain(jobId: string, before: ArchivedBefore): Promise<WorkOrder | undefined> {
    const unused = { ...archivedBefore(before), $or: [{ usedBy: absent }, { usedBy: jobId }] };
    const used = await this.orders.findOneAndUpdate(unused, { $set: { usedBy: jobId } });
    return used ?? undefined;
  }

  finishDoneBefore(scope: WorkScope): Promise<void> {
    return this.takeAll({ ...scope, share: 1 }, doneBefore);
  }

  planDrafts(scope: WorkScope): Promise<void> {
    return this.takeAll(scope, plan);
  }

  cancelDrafts(scope: WorkScope): Promise<void> {
    return this.takeAll(scope, cancelDrafted);
  }

  cancelPlanned(scope: WorkScope): Promise<void> {
    return this.takeAll(scope, cancelPlanned);
  }

  cancelUnreleased(scope: WorkScope): Promise<void> {
    return this.takeAll(scope, cancelUnreleased);
  }

  private async one(condition: object): Promise<WorkOrder | undefined> {
    return (await this.orders.findOne(condition)) ?? undefined;
  }

  private async takeAll(scope: object, { from, to }: Step<WorkOrderState>): Promise<void> {
    await this.orders.updateMany({ ...scope, ...from }, { $set: to });
  }

  async slots(rules: ReleaseRules, within?: number): Promise<Slots> {
    const rows = await this.orders.aggregate<TakenSlots>(takenSlots, endingIn(within)).toArray();
    const slots = new Slots(rules);
    for (const { _id: lane, count } of rows)
      slots.take(lane, slots.targetsOf(lane, lane.readAt ?? undefined), Number(count), lane.waits);
    return slots;
  }

  isAnyPlanned(): Promise<boolean> {
    return isThere(this.orders, release.from);
  }

  lanesWaiting(): Promise<string[]> {
    return this.orders.distinct('target', release.from);
  }

  groupsWaitingFor(target: string): Promise<string[]> {
    return this.orders.distinct('group', { ...release.from, target });
  }

  async oldestPlanned(lane: Lane, limit: number): Promise<Candidate[]> {
    const found = await Promise.all(priorities.map((priority) => this.oldestOf(lane, priority, limit)));
    return found.flat();
  }

  private async oldestOf({ group, target }: Lane, priority: Priority, limit: number): Promise<Candidate[]> {
    const which = { ...release.from, target, group, priority: storedAs(priority), deferredUntil: absent };
    const oldest = await this.orders
      .find(which as object, { projection: { createdAt: 1 } })
      .sort({ createdAt: 1, _id: 1 })
      .limit(limit)
      .toArray();
    return oldest.map((one) => candidateOf({ ...one, group, target, priority }));
  }

  async planned(id: string): Promise<WorkOrder | undefined> {
    return (await this.orders.findOne({ _id: id, ...release.from })) ?? undefined;
  }

  async beginTurn(turn: string): Promise<void> {
    await this.orders.updateMany({ ...release.from }, { $set: { turn } });
  }

  async release(id: string, { command, now, readAt, outside, turn }: HowReleased): Promise<boolean> {
    const chosen = {
      ...(readAt === undefined ? {} : { readAt }),
      ...Object.fromEntries(Object.entries(outside ?? {}).map(([key, value]) => [`outside.${key}`, value])),
    };
    const { modifiedCount } = await this.orders.updateOne(
      { _id: id, ...release.from, deferredUntil: absent, ...ofTurn(turn) },
      { $set: { ...release.to, releasedAt: now, ...chosen, outbox: newOutbox([command], now) } },
    );
    if (modifiedCount > 0) this.relay.wake();
    return modifiedCount > 0;
  }

  released(jobId: string): AsyncIterable<Pick<WorkOrder, '_id'>> {
    const here = { jobId, state: 'released', outside: absent } as object;
    return this.orders.find(here, { projection: { _id: 1 } }).sort({ _id: 1 });
  }

  askToStop(id: string, request: OutboxRow): Promise<boolean> {
    return this.outbox.change({ _id: id, state: 'released' }, {}, [request]);
  }

  async end(id: string, { state, ...what }: WorkEnd, endedAt: Date): Promise<string | undefined> {
    const { from, to } = ends[state];
    const share = state === 'done' ? { share: 1 } : {};
    const ended = await this.orders.findOneAndUpdate(
      // What the archiver says of work for a worker is no end of it: `OutsideOrders`.
      { _id: id, ...from, outside: absent },
      { $set: { ...to, ...share, ...what, endedAt } },
      { returnDocument: 'after', projection: { taskId: 1 } },
    );
    return ended?.taskId;
  }

  async taskOf(id: string): Promise<string | undefined> {
    return (await this.orders.findOne({ _id: id }, { projection: { taskId: 1 } }))?.taskId;
  }

  archived(id: string): Promise<WorkOrder | undefined> {
    return this.one({ _id: id, kind: 'archive', state: 'done', discardedAt: absent });
  }

  copiesChanged(id: string): Promise<WorkOrder | undefined> {
    return this.one({ _id: id, state: 'done', 'result.kind': 'copies' });
  }

  isAskedToGo(archiveId: string): Promise<boolean> {
    return isThere(this.orders, { archiveId, discardedAt: { $exists: true }, broughtBack: absent });
  }

  retrieval(id: string): Promise<WorkOrder | undefined> {
    return this.one({ _id: id, kind: 'retrieve', state: 'released', outside: absent });
  }

  async targetsNamed(): Promise<readonly string[]> {
    const named = await this.orders.distinct('targets', { state: { $in: ['planned', 'released'] } });
    return named.filter((name) => name !== undefined);
  }

  async noteFault(id: string, of: 'release' | 'discard', fault: Fault): Promise<void> {
    // A datablock that stays keeps the copies that others store.
    const kept = of === 'discard' ? { $unset: { removing: '', removal: '' } } : {};
    await this.orders.updateOne({ _id: id }, { $set: { [`${of}Fault`]: fault }, ...kept } as object);
  }

  async noteOriginals(id: string, originals: NonNullable<WorkOrder['originals']>): Promise<void> {
    await this.orders.updateOne({ _id: id }, { $set: { originals } });
  }

  async progress(id: string, { share, heardAt, waits, readAt }: ToldProgress): Promise<void> {
    await this.orders.updateOne({ _id: id, state: 'released' }, progressOf(share, heardAt, waits));
    if (readAt === undefined) return;
    // Only of what was released for one of several targets, and to one of those.
    const moves = { readAt: { $exists: true, $ne: readAt }, targets: readAt };
    await this.orders.updateOne({ _id: id, state: 'released', ...moves } as object, { $set: { readAt } });
  }

  counts(scope: WorkScope): Promise<WorkOrderCounts> {
    return countByState<WorkOrderState>(this.orders, scope);
  }

  async countsToSettle(scope: WorkScope): Promise<SettledCounts> {
    return settledCounts(await this.orders.aggregate<SettledRow>(settledStages(scope)).toArray());
  }

  async countsByTask(
    which: { readonly jobId: string } | { readonly taskIds: readonly string[] },
  ): Promise<ReadonlyMap<string, WorkOrderCounts>> {
    const match = 'jobId' in which ? which : { taskId: { $in: [...which.taskIds] } };
    const rows = this.orders.aggregate<{ _id: { task: string; state: WorkOrderState }; count: number }>([
      { $match: match },
      { $group: { _id: { task: '$taskId', state: '$state' }, count: { $sum: 1 } } },
    ]);
    const counts = new Map<string, WorkOrderCounts>();
    for await (const { _id, count } of rows) {
      const found = counts.get(_id.task) ?? {};
      found[_id.state] = Number(count);
      counts.set(_id.task, found);
    }
    return counts;
  }

  async firstFault(taskId: string): Promise<Fault | undefined> {
    const failed = await this.orders.findOne({ taskId, state: 'failed' }, { projection: { fault: 1 } });
    return failed?.fault;
  }

  done(taskId: string): AsyncIterable<WorkOrder> {
    return this.orders.find({ taskId, state: 'done' }).sort({ archiveId: 1, _id: 1 });
  }

  retrieved(jobId: string): AsyncIterable<WorkOrder> {
    return rowsById(this.orders, { ...this.store.ofJob(jobId), kind: 'retrieve', state: 'done' });
  }

  async bytes(jobId: string): Promise<{ readonly total: number; readonly done: number }> {
    const done = { $sum: { $multiply: ['$bytes', '$share'] } };
    const [sums] = await this.orders
      .aggregate<{ total: number; done: number }>([
        { $match: { jobId } },
        { $group: { _id: null, total: { $sum: '$bytes' }, done } },
      ])
      .toArray();
    return { total: Number(sums?.total ?? 0), done: Number(sums?.done ?? 0) };
  }

  withOriginals(taskId: string): AsyncIterable<WorkOrder> {
    const open = { taskId, state: 'done', 'source.kind': 'landing-zone', releaseAskedAt: absent } as object;
    return this.orders.find(open).sort({ _id: 1 });
  }

  askToReleaseOriginals(id: string, request: OutboxRow, now: Date): Promise<boolean> {
    const change = { $set: { releaseAskedAt: now } };
    return this.outbox.change({ _id: id, releaseAskedAt: absent }, change, [request]);
  }

  async firstEnded(taskId: string): Promise<WorkOrder | undefined> {
    const ended = { taskId, state: { $in: ['done', 'failed'] } } as object;
    const [first] = await this.orders.find(ended).sort({ _id: 1 }).limit(1).toArray();
    return first;
  }

  askToCertify(id: string, request: OutboxRow, now: Date): Promise<boolean> {
    const change = { $set: { certifyAskedAt: now } };
    return this.outbox.change({ _id: id, certifyAskedAt: absent }, change, [request]);
  }

  toSetAside(taskId: string): AsyncIterable<WorkOrder> {
    const open = { taskId, kind: 'reset', state: 'done', discardedAt: absent } as object;
    return this.orders.find(open).sort({ _id: 1 });
  }

  setAside(
    id: string,
    request: OutboxRow,
    now: Date,
    removing: readonly CopyToRemove[] = [],
  ): Promise<boolean> {
    const change = { $set: { discardedAt: now, ...copiesToGo(removing) } };
    return this.outbox.change({ _id: id, discardedAt: absent }, change, [request]);
  }

  unregistered(taskId: string, states: readonly ('done' | 'failed')[]): AsyncIterable<WorkOrder> {
    const open = {
      ...{ taskId, kind: 'archive', state: { $in: [...states] } },
      ...{ discardedAt: absent, registered: absent },
    } as object;
    return this.orders.find(open).sort({ _id: 1 });
  }

  discard(
    { _id, state, usedBy }: WorkOrder,
    request: OutboxRow,
    now: Date,
    removing: readonly CopyToRemove[] = [],
  ): Promise<boolean> {
    const asSeen = { usedBy: usedBy ?? absent, registered: absent };
    const change = { $set: { discardedAt: now, ...copiesToGo(removing) } };
    return this.outbox.change({ _id, state, discardedAt: absent, ...asSeen }, change, [request]);
  }

  async registerUsed(jobId: string, pid: string): Promise<void> {
    await this.orders.updateMany({ usedBy: jobId, pid }, { $set: { registered: true } });
  }

  isUsedBy(jobId: string, archiveId: string): Promise<boolean> {
    return isThere(this.orders, { jobId, archiveId, state: { $ne: 'cancelled' } });
  }

  isNamedByOthers({ _id, jobId, archiveId }: WorkOrder): Promise<boolean> {
    return isThere(this.orders, { _id: { $ne: _id }, jobId: { $ne: jobId }, archiveId });
  }

  async noteAcceptance(now: Date): Promise<void> {
    const all = { state: 'released', 'outbox.rows.0': absent, acceptedAt: absent } as object;
    const some = { state: 'released', ...underWay, acceptedAt: { $exists: true } } as object;
    await this.orders.updateMany(all, { $set: { acceptedAt: now } });
    await this.orders.updateMany(some, { $unset: { acceptedAt: '' } });
  }

  releasedWork(jobId?: string): Promise<WorkOrder[]> {
    const which = jobId === undefined ? {} : { jobId };
    return this.orders
      .find({ ...which, state: 'released' }, { projection: releasedFields })
      .sort({ _id: 1 })
      .toArray();
  }

  lanesOf(jobId: string): Promise<string[]> {
    return this.orders.distinct('target', { jobId, ...release.from });
  }

  async nextOf(jobId: string, target: string): Promise<Candidate | undefined> {
    const which = { jobId, ...release.from, target, deferredUntil: absent } as object;
    const [oldest] = await this.orders.find(which).sort({ createdAt: 1, _id: 1 }).limit(1).toArray();
    return oldest && candidateOf(oldest);
  }

  async routesOf(jobId: string): Promise<string[]> {
    return (await this.orders.distinct('route', { jobId })).filter((route) => route !== undefined).sort();
  }

  async isNeeded(jobId: string): Promise<boolean> {
    const needed = [
      { jobId, ...underWay },
      { jobId, state: 'released' },
      { jobId, 'removing.0': { $exists: true }, 'removal.isRefused': absent },
    ];
    return (await Promise.all(needed.map((which) => isThere(this.orders, which)))).includes(true);
  }

  async forget(jobId: string): Promise<void> {
    await this.orders.deleteMany({ jobId });
  }
}
