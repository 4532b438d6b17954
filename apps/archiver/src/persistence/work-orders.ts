import { Injectable } from '@nestjs/common';
import type { MessageContext } from '#messaging';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { EarlyRequests, isThere, stepOf } from '#persistence';
import { maxFaultText, type WorkFault } from '../domain/work-fault.js';
import type { WorkNeeds } from '../domain/work-needs.js';
import { ownInstance } from '../domain/worker-instance.js';
import { endStates, workSteps, type EndState } from '../domain/states.js';
import { ArchiverStore } from './archiver-store.js';
import type { Command, CopyProof, PublishedFile, WorkOrder } from './records.js';

/** Of one order: each try makes one at most. */
const maxPublished = 20;

/** Who holds an order: a write with an older token than the newest is refused. */
export type WorkToken = Pick<WorkOrder, '_id' | 'epoch'>;
/** An order as a sweep saw it: what has been touched since is another one. */
export type SeenOrder = Pick<WorkOrder, '_id' | 'state' | 'dueAt'>;
/** An order that does not run, and why. */
export type WaitingOrder = Pick<
  WorkOrder,
  '_id' | 'jobId' | 'fault' | 'lastFault' | 'waitCode' | 'needs' | 'place' | 'context'
>;

/** Why an order is given back, and when it is due again. */
export type GivenBack = Pick<WorkOrder, 'dueAt' | 'attempts' | 'pause' | 'waitCode' | 'needs' | 'left'> & {
  readonly fault: WorkFault;
};

/** How far a try is, as a heartbeat tells it. */
export type Headway = Pick<WorkOrder, 'phase' | 'bytesDone' | 'bytesTotal' | 'rate'>;

export interface WorkEnd {
  readonly at: Date;
  readonly fault?: WorkFault;
}

export interface NewOrder {
  readonly command: Command;
  /** Absent: any archiver may do it. */
  readonly needs?: WorkNeeds;
  readonly acceptedAt: Date;
  /** When a worker may take it. */
  readonly dueAt: Date;
  /** What it waits for until then. */
  readonly fault?: WorkFault;
  /** The trace of the request that led to it. */
  readonly context: MessageContext | undefined;
}

export interface WorkTotals {
  readonly open: number;
  readonly waiting: number;
  readonly due: number;
  /** Milliseconds. */
  readonly oldestDueMs: number;
}

/**
 * The work orders of archivers: every change of one is a transition of this class, in one write that asks for the state
 * (`domain/states.ts`) and, of a worker, for its fencing token.
 */
@Injectable()
export class WorkOrders {
  /** Requests to cancel orders that are not here yet: such an order ends as cancelled as soon as it comes, whichever archiver gets it. */
  readonly early: EarlyRequests;
  private readonly changes: OutboxCollection;

  constructor(
    private readonly store: ArchiverStore,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(store.works, relay);
    this.early = new EarlyRequests(store.earlyCancels);
  }

  /** Inserted first: the same order once more is nothing. */
  async accept({ command, context, fault, ...times }: NewOrder): Promise<void> {
    await this.store.works.updateOne(
      { _id: command.data.workOrderId },
      {
        $setOnInsert: {
          jobId: command.data.jobId,
          command: { kind: command.kind, data: { ...command.data } } as Command,
          state: 'open',
          epoch: 0,
          ...times,
          ...(fault === undefined ? {} : { fault, waitCode: 'work.waiting' }),
          attempts: 0,
          cancelRequested: false,
          ...(context === undefined ? {} : { context }),
          outbox: { rows: [] },
        },
      },
      { upsert: true },
    );
  }

  /** The archiver that runs it learns of it by its next renewal. @returns false when it was not accepted yet */
  async requestCancel(_id: string): Promise<boolean> {
    const { matchedCount } = await this.store.works.updateOne({ _id }, { $set: { cancelRequested: true } });
    return matchedCount === 1;
  }

  /** A cancelled order that waits becomes due. One that runs does not: it must not come due for another worker. */
  async hastenCancelled(_id: string, now: Date): Promise<void> {
    await this.store.works.updateOne(
      { _id, state: 'open', cancelRequested: true, ...doesWait },
      { $set: { dueAt: now } },
    );
  }

  /** Retrievals that wait for room look again now. One that runs does not: it must not come due for another worker. */
  async hastenForRoom(ids: readonly string[], now: Date): Promise<void> {
    await this.store.works.updateMany(
      { _id: { $in: [...ids] }, state: 'open', waitCode: 'quota.full' },
      { $set: { dueAt: now } },
    );
  }

  /** Whether any order is due, for whichever archiver: a look that takes nothing. */
  async isAnyDue(now: Date): Promise<boolean> {
    const due = { state: 'open' as const, dueAt: { $lte: now } };
    return (await this.store.works.findOne(due, { projection: { _id: 1 } })) !== null;
  }

  /** When the first open order is due, now or later. */
  async nextDue(): Promise<Date | undefined> {
    const options = { sort: { dueAt: 1 as const }, projection: { dueAt: 1 } };
    return (await this.store.works.findOne({ state: 'open' }, options))?.dueAt;
  }

  /**
   * Takes the order that has been due for longest, until the lease ends, and raises its token.
   *
   * @param served targets that the archiver has: only work for them is taken, and what is to be read at another one is left
   * to who has that, for a while. Absent: all work
   * @param ordered targets that are read in the order of their media: what has a place there is left to `RecallQueue`
   */
  async takeDue(
    now: Date,
    until: Date,
    served?: readonly string[],
    ordered: readonly string[] = [],
  ): Promise<WorkOrder | undefined> {
    const order = await this.store.works.findOneAndUpdate(
      {
        ...{ state: 'open', dueAt: { $lte: now } },
        ...(served === undefined ? {} : servedBy(served, now)),
        ...(ordered.length === 0 ? {} : { $and: [withoutPlaceAt(ordered)] }),
      },
      taken(now, until),
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    );
    return order ?? undefined;
  }

  /** The same, of orders that were cancelled only: there is nothing to do but to end them. */
  async takeCancelled(
    dueBefore: Date,
    now: Date,
    until: Date,
    served: readonly string[],
  ): Promise<WorkOrder | undefined> {
    const order = await this.store.works.findOneAndUpdate(
      { state: 'open', cancelRequested: true, dueAt: { $lte: dueBefore }, ...servedBy(served, now) },
      taken(now, until),
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    );
    return order ?? undefined;
  }

  /** @returns undefined when the order is over, or another worker has the newer token */
  async renew(
    { _id, epoch }: WorkToken,
    until: Date,
    headway: Headway = {},
  ): Promise<Pick<WorkOrder, 'cancelRequested'> | undefined> {
    const { rate, ...far } = headway;
    const renewed = await this.store.works.findOneAndUpdate(
      { _id, epoch, state: 'open' },
      rate === undefined
        ? { $set: { dueAt: until, ...far }, $unset: { rate: '' } }
        : { $set: { dueAt: until, ...far, rate } },
      { projection: { cancelRequested: 1 }, returnDocument: 'after' },
    );
    return renewed ?? undefined;
  }

  /** What tries of this order read back. */
  async proofsOf(_id: string): Promise<readonly CopyProof[]> {
    return (await this.store.works.findOne({ _id }, { projection: { proofs: 1 } }))?.proofs ?? [];
  }

  /** @returns false when another worker has the newer token: then nothing was kept */
  async keepProofs({ _id, epoch }: WorkToken, proofs: readonly CopyProof[]): Promise<boolean> {
    const kept = await this.store.works.updateOne({ _id, epoch, state: 'open' }, { $set: { proofs } });
    return kept.matchedCount > 0;
  }

  /** Whoever holds it by now: the file is there. */
  async keepPublished(_id: string, file: PublishedFile): Promise<void> {
    await this.store.works.updateOne(
      { _id },
      { $push: { published: { $each: [file], $slice: -maxPublished } } },
    );
  }

  /** What tries of this order gave their name. */
  async publishedBy(_id: string): Promise<readonly PublishedFile[]> {
    return (await this.store.works.findOne({ _id }, { projection: { published: 1 } }))?.published ?? [];
  }

  /** Nothing happens when another worker has the newer token. */
  async giveBack(
    { _id, epoch }: WorkToken,
    { dueAt, attempts, fault, pause = 0, waitCode = 'work.retrying', needs, left }: GivenBack,
  ): Promise<void> {
    const where = { ...(needs === undefined ? {} : { needs }), ...(left === undefined ? {} : { left }) };
    await this.store.works.updateOne(
      { _id, epoch, state: 'open' },
      { $set: { dueAt, attempts, pause, fault: cut(fault), waitCode, ...where }, $unset: { rate: '' } },
    );
  }

  /** What waits longer than it was told to, for a clock was ahead when it was given back, is due. */
  async hastenLate(now: Date): Promise<void> {
    await this.store.works.updateMany(
      {
        ...{ state: 'open', pause: { $exists: true } },
        $expr: { $gt: ['$dueAt', { $add: [now, '$pause'] }] },
      },
      { $set: { dueAt: now } },
    );
  }

  /** The end and its message in one write. @returns false when another worker has the newer token: nothing was written */
  end(
    { _id, epoch }: WorkToken,
    state: EndState,
    rows: readonly OutboxRow[],
    { at: endedAt, fault }: WorkEnd,
  ): Promise<boolean> {
    const { from, to } = stepOf(workSteps, 'open', state);
    const why = fault === undefined ? {} : { fault };
    return this.changes.change({ _id, epoch, ...from }, { $set: { ...to, endedAt, ...why } }, rows);
  }

  /** Orders that do not run, the longest due first. Running ones come due when their lease is over, and have no fault. */
  waiting(now: Date, limit: number): AsyncIterable<WaitingOrder> {
    return this.store.works
      .find(
        { state: 'open', $or: [...doesWait.$or, { dueAt: { $lte: now } }] },
        { projection: { jobId: 1, fault: 1, lastFault: 1, waitCode: 1, needs: 1, place: 1, context: 1 } },
      )
      .sort({ dueAt: 1 })
      .limit(limit);
  }

  async totals(now: Date): Promise<WorkTotals> {
    const isDue = { state: 'open' as const, dueAt: { $lte: now } };
    const [open, waiting, due, first] = await Promise.all([
      this.store.works.countDocuments({ state: 'open' }),
      this.store.works.countDocuments({ state: 'open', ...doesWait }),
      this.store.works.countDocuments(isDue),
      this.store.works.findOne(isDue, { sort: { dueAt: 1 }, projection: { dueAt: 1 } }),
    ]);
    return { open, waiting, due, oldestDueMs: first === null ? 0 : now.getTime() - first.dueAt.getTime() };
  }

  /** What of a job was brought into the retrieval bucket, whatever became of it, in the order of ids. */
  retrievalsOf(jobId: string): AsyncIterable<Pick<WorkOrder, '_id' | 'command' | 'state'>> {
    return this.store.works
      .find(
        { jobId, 'command.kind': { $in: ['retrieve', 'take'] }, state: { $in: [...endStates] } },
        { projection: { command: 1, state: 1 } },
      )
      .sort({ _id: 1 });
  }

  /** Whether the job has asked about its copies once more since. */
  async hasLaterPins(jobId: string, number: number): Promise<boolean> {
    const later = { jobId, 'command.kind': 'pins' as const, 'command.data.number': { $gt: number } };
    return isThere(this.store.works, later);
  }

  /** Orders that have been over since before then, the oldest first. */
  over(before: Date, limit: number): AsyncIterable<WorkOrder> {
    return this.store.works
      .find({ state: { $in: [...endStates] }, dueAt: { $lt: before } })
      .sort({ dueAt: 1, _id: 1 })
      .limit(limit);
  }

  /** A sweep looks at it again later. */
  async putOff({ _id, state, dueAt }: SeenOrder, next: Date): Promise<void> {
    await this.store.works.updateOne({ _id, state, dueAt }, { $set: { dueAt: next } });
  }

  /** From this write on nobody needs the order any more. @returns false when it was touched since it was seen */
  async decideToForget({ _id, state, dueAt }: SeenOrder): Promise<boolean> {
    const { modifiedCount } = await this.store.works.updateOne(
      { _id, state, dueAt, 'outbox.rows.0': { $exists: false } },
      { $set: { forgetting: true } },
    );
    return modifiedCount > 0;
  }

  async forget(_id: string): Promise<void> {
    await this.store.works.deleteOne({ _id, forgetting: true });
  }

  /** Where the order that archived a datablock was to put it. */
  async needsOfArchival(archiveId: string): Promise<WorkNeeds | undefined> {
    const archival = { 'command.kind': 'archive' as const, 'command.data.archiveId': archiveId };
    return (await this.store.works.findOne(archival, { projection: { needs: 1 } }))?.needs;
  }

  /** Whether an open order names the datablock. */
  async isNamed(archiveId: string): Promise<boolean> {
    const open = { state: 'open' as const, 'command.data.archiveId': archiveId };
    return isThere(this.store.works, open);
  }

  /** Whether an open order is to take the upload of this offer. */
  async isToBeTaken(offer: string): Promise<boolean> {
    const open = { state: 'open' as const, 'command.kind': 'take' as const, 'command.data.offer': offer };
    return isThere(this.store.works, open);
  }

  /** Whether work for one of these targets waits for a worker of an archiver that has the served ones. */
  async isDueAt(targets: readonly string[], now: Date, served: readonly string[]): Promise<boolean> {
    const at = { $or: [{ needs: { $exists: false } }, { 'needs.targets': { $in: [...targets] } }] };
    const due = { state: 'open' as const, dueAt: { $lte: now }, $and: [at, servedBy(served, now)] };
    return isThere(this.store.works, due);
  }
}

/** Given back, and not taken since; records from before 0.6 have no code. */
const doesWait = { $or: [{ waitCode: { $exists: true } }, { lastFault: { $exists: true } }] };

/** A running order does not wait; why it did is kept. */
export function taken(now: Date, until: Date) {
  return {
    $set: { dueAt: until, startedAt: now, worker: ownInstance() },
    $inc: { epoch: 1 },
    $unset: {
      ...({ lastFault: '', waitCode: '', pause: '' } as const),
      ...({ phase: '', bytesDone: '', bytesTotal: '', rate: '' } as const),
    },
  };
}

function cut(fault: WorkFault): WorkFault {
  return { ...fault, message: fault.message.slice(0, maxFaultText) };
}

/** One that was cancelled is not read any more. */
function withoutPlaceAt(ordered: readonly string[]): object {
  return { $or: [{ 'place.target': { $nin: [...ordered] } }, { cancelRequested: true }] };
}

/** Work that leaves nothing behind, or whose record says what of it is to be taken back. */
const endedAnywhere = ['move', 'repair', 'verify'] as const;

/**
 * One that was cancelled before any archiver had it has left nothing anywhere: any may end it. So has one of which a record says so,
 * though it had begun: there may be no archiver any more that has all its targets.
 */
export function servedBy(served: readonly string[], now: Date): object {
  const others = { $elemMatch: { $nin: [...served] } };
  return {
    $or: [
      { needs: { $exists: false } },
      {
        ...{ 'needs.of': 'any', 'needs.targets': { $in: [...served] } },
        $or: [
          { 'needs.first': { $exists: false } },
          { 'needs.first': { $in: [...served] } },
          { 'needs.firstUntil': { $lte: now } },
        ],
      },
      { 'needs.of': 'all', 'needs.targets': { $not: others } },
      { cancelRequested: true, epoch: 0 },
      { cancelRequested: true, 'command.kind': { $in: [...endedAnywhere] } },
    ],
  };
}
