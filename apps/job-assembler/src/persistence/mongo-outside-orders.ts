import { Injectable } from '@nestjs/common';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { stepOf } from '#persistence';
import {
  OutsideOrders,
  type NextOutside,
  type OutsideOrder,
  type SeenRemoval,
  type SignOfLife,
} from '../aggregates/outside-orders.js';
import type { Fault, WorkOrder } from '../aggregates/records.js';
import type { WorkEnd } from '../aggregates/work-orders.js';
import { outsideSteps, type OutsidePhase, type SeenOutside } from '../domain/outside-work.js';
import { workOrderSteps } from '../domain/states.js';
import { AssemblerStore } from './assembler-store.js';
import { absent } from './queries.js';
import { progressOf } from './work-order-queries.js';

const ends = {
  done: stepOf(workOrderSteps, 'released', 'done'),
  failed: stepOf(workOrderSteps, 'released', 'failed'),
  cancelled: stepOf(workOrderSteps, 'released', 'cancelled'),
};

const isOutside = { outside: { $exists: true } } as const;

/** Orders to workers, in the collection `work_orders` with all others. */
@Injectable()
export class MongoOutsideOrders extends OutsideOrders {
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

  async plan({ _id, ...order }: OutsideOrder): Promise<void> {
    await this.orders.updateOne({ _id }, { $setOnInsert: order }, { upsert: true });
  }

  toFollow(taskId: string): AsyncIterable<WorkOrder> {
    const open = {
      ...{ taskId, state: 'done', outsidePlanned: absent },
      'outsideTargets.0': { $exists: true },
    } as object;
    return this.orders.find(open).sort({ _id: 1 });
  }

  async noteFollowed(id: string): Promise<void> {
    await this.orders.updateOne({ _id: id }, { $set: { outsidePlanned: true } });
  }

  async find(id: string): Promise<OutsideOrder | undefined> {
    const found = await this.orders.findOne({ _id: id, ...isOutside } as object);
    return (found as OutsideOrder | null) ?? undefined;
  }

  async heard(id: string, { heardAt, dueAt, share, reason }: SignOfLife): Promise<void> {
    const ordered = { _id: id, state: 'released', 'outside.phase': 'ordered' } as object;
    const { $max, ...said } = progressOf(share, heardAt, { reason });
    await this.orders.updateOne(ordered, { $max: { ...$max, 'outside.dueAt': dueAt }, ...said });
  }

  step(
    id: string,
    seen: SeenOutside,
    { phase, attempt, faults, cleared, found, dueAt }: NextOutside,
    rows: readonly OutboxRow[],
  ): Promise<boolean> {
    refuseStep(seen.phase, phase);
    const change = {
      $set: {
        'outside.phase': phase,
        'outside.attempt': attempt,
        ...(faults === undefined ? {} : { 'outside.faults': faults }),
        ...(cleared === undefined ? {} : { 'outside.cleared': cleared }),
        ...(found === undefined ? {} : { 'outside.found': found }),
        ...(dueAt === undefined ? {} : { 'outside.dueAt': dueAt }),
      },
      ...(dueAt === undefined ? { $unset: { 'outside.dueAt': '' } } : {}),
    };
    return this.outbox.change(asSeen(id, seen), change, rows);
  }

  endWell({ _id, outside }: OutsideOrder, now: Date): Promise<boolean> {
    const same = { _id, 'outside.cleared': outside.cleared ?? absent, ...ends.done.from };
    return this.endAs(same, { state: 'done' }, now);
  }

  async endSeen(id: string, seen: SeenOutside, end: WorkEnd, now: Date): Promise<boolean> {
    return this.endAs(asSeen(id, seen), end, now);
  }

  private async endAs(filter: object, { state, ...what }: WorkEnd, endedAt: Date): Promise<boolean> {
    const share = state === 'done' ? { share: 1 } : {};
    const { matchedCount } = await this.orders.updateOne(filter, {
      $set: { ...ends[state].to, ...share, ...what, endedAt },
      $unset: { 'outside.dueAt': '' },
    } as object);
    return matchedCount === 1;
  }

  due(now: Date, limit: number, closed: readonly string[] = []): Promise<OutsideOrder[]> {
    const open = [{ 'outside.target': { $nin: closed } }, { 'outside.phase': 'cancelling' }];
    return this.orders
      .find({ 'outside.dueAt': { $lte: now }, state: 'released', $or: open } as object)
      .sort({ 'outside.dueAt': 1, _id: 1 })
      .limit(limit)
      .toArray() as Promise<OutsideOrder[]>;
  }

  released(jobId: string): AsyncIterable<OutsideOrder> {
    const found = this.orders.find({ jobId, state: 'released', ...isOutside } as object).sort({ _id: 1 });
    return found as unknown as AsyncIterable<OutsideOrder>;
  }

  askForRemoval(id: string, request: OutboxRow): Promise<boolean> {
    const first = { _id: id, removal: absent, 'removing.0': { $exists: true } };
    return this.outbox.change(first, { $set: { removal: { attempt: 0 } } }, [request]);
  }

  async removing(id: string): Promise<WorkOrder | undefined> {
    const found = { _id: id, 'removing.0': { $exists: true } } as object;
    return (await this.orders.findOne(found)) ?? undefined;
  }

  orderRemoval(
    { _id, removal }: SeenRemoval,
    attempt: number,
    dueAt: Date,
    rows: readonly OutboxRow[],
  ): Promise<boolean> {
    const seen = { _id, 'removal.attempt': removal?.attempt ?? absent, 'removing.0': { $exists: true } };
    return this.outbox.change(seen, { $set: { removal: { attempt, dueAt } } }, rows);
  }

  async removalAt(id: string, target: string): Promise<WorkOrder | undefined> {
    const asked = [{ removedFrom: target }, beingRemoved(target)];
    return (await this.orders.findOne({ _id: id, $or: asked } as object)) ?? undefined;
  }

  async removed(id: string, target: string): Promise<void> {
    await this.orders.updateOne(
      { _id: id, ...beingRemoved(target) },
      { $pull: { removing: { target } }, $addToSet: { removedFrom: target } },
    );
    const all = { _id: id, removing: { $size: 0 } };
    await this.orders.updateOne(all, { $unset: { removing: '', removal: '' } });
  }

  async removalRefused(id: string, target: string, removalFault: Fault): Promise<void> {
    await this.orders.updateOne({ _id: id, ...beingRemoved(target) }, { $set: { removalFault } });
    await this.removed(id, target);
  }

  async keepCopies(id: string): Promise<void> {
    const kept = {
      $unset: { removing: '' as const, removal: '' as const },
      $set: { broughtBack: true as const },
    };
    await this.orders.updateOne({ _id: id }, kept);
  }

  async holdRemoval(id: string, removalFault: Fault): Promise<void> {
    const asked = { _id: id, 'removal.attempt': 0, 'removing.0': { $exists: true } } as object;
    await this.orders.updateOne(asked, { $set: { removalFault, 'removal.isRefused': true } });
  }

  removalsDue(now: Date, limit: number): Promise<WorkOrder[]> {
    return this.orders
      .find({ 'removal.dueAt': { $lte: now } } as object)
      .sort({ 'removal.dueAt': 1, _id: 1 })
      .limit(limit)
      .toArray();
  }
}

function beingRemoved(target: string): object {
  return { 'removal.attempt': { $gte: 1 }, 'removing.target': target };
}

function asSeen(id: string, { attempt, phase }: SeenOutside): object {
  return { _id: id, state: 'released', 'outside.attempt': attempt, 'outside.phase': phase };
}

/** A mistake in the code, not in the data. */
function refuseStep(from: OutsidePhase, to: OutsidePhase): void {
  if (!outsideSteps[from].includes(to)) throw new Error(`Expected no step from ${from} to ${to}.`);
}
