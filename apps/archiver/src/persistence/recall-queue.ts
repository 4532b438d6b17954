import { Injectable } from '@nestjs/common';
import { ArchiverStore } from './archiver-store.js';
import type { RecallPlace, WorkOrder } from './records.js';
import { servedBy, taken } from './work-orders.js';

/** A medium, or all of a target. */
export type Closed = Pick<RecallPlace, 'target'> & Partial<Pick<RecallPlace, 'medium'>>;

/** Who looks for work. */
export interface Looking {
  readonly now: Date;
  /** Targets that the archiver has. */
  readonly served: readonly string[];
  /** Of these, targets that are read in the order of their media. */
  readonly ordered: readonly string[];
}

/** A retrieval of which nobody has asked where it lies. */
export type Unplaced = Pick<WorkOrder, '_id' | 'command' | 'needs'>;

/** Retrievals in the order of the media that they lie on: each is taken in one write, as any other work order. */
@Injectable()
export class RecallQueue {
  constructor(private readonly store: ArchiverStore) {}

  /**
   * Retrievals whose place is to be looked for, the longest due first.
   *
   * @param ordered targets with media
   * @param staleBefore a place that was looked for before then is looked for anew, as long as nobody reads there
   */
  unplaced(ordered: readonly string[], now: Date, staleBefore: Date, limit: number): AsyncIterable<Unplaced> {
    const stale = { placedAt: { $lt: staleBefore }, dueAt: { $lte: now } };
    return this.store.works
      .find(
        {
          ...{ state: 'open', 'command.kind': 'retrieve', 'needs.targets': { $in: [...ordered] } },
          $or: [{ placedAt: { $exists: false } }, stale],
        },
        { projection: { command: 1, needs: 1 } },
      )
      .sort({ dueAt: 1 })
      .limit(limit);
  }

  /** @param place undefined: nobody knows it, or it makes no difference */
  async placed(_id: string, place: RecallPlace | undefined, placedAt: Date): Promise<void> {
    await this.store.works.updateOne(
      { _id, state: 'open' },
      place === undefined
        ? { $set: { placedAt }, $unset: { place: '' } }
        : { $set: { place: { ...place }, placedAt } },
    );
  }

  /** What has been due for longest, of whichever kind, where no medium is closed: only a look. */
  async next(
    { now, served, ordered }: Looking,
    closed: readonly Closed[],
  ): Promise<Pick<WorkOrder, '_id' | 'place' | 'cancelRequested'> | undefined> {
    const [elsewhere, notThere] = [{ $nin: [...ordered] }, { $nor: closed.map(placeIn) }];
    const isOpen = { $or: [{ 'place.target': elsewhere }, { cancelRequested: true }, notThere] };
    const found = await this.store.works.findOne(
      {
        ...{ state: 'open', dueAt: { $lte: now }, ...servedBy(served, now) },
        ...(closed.length === 0 ? {} : { $and: [isOpen] }),
      },
      { sort: { dueAt: 1 }, projection: { place: 1, cancelRequested: 1 } },
    );
    return found ?? undefined;
  }

  /**
   * Takes the retrieval that comes next on a medium, as `WorkOrders.takeDue` takes any.
   *
   * @param from its place is there or behind it
   */
  async takeAt(
    { now, served }: Looking,
    { target, medium }: Pick<RecallPlace, 'target' | 'medium'>,
    from: number,
    until: Date,
  ): Promise<WorkOrder | undefined> {
    const order = await this.store.works.findOneAndUpdate(
      {
        ...{ state: 'open', dueAt: { $lte: now }, ...servedBy(served, now) },
        ...{ 'place.target': target, 'place.medium': medium, 'place.position': { $gte: from } },
      },
      taken(now, until),
      { sort: { 'place.position': 1, dueAt: 1 }, returnDocument: 'after' },
    );
    return order ?? undefined;
  }
}

function placeIn({ target, medium }: Closed): object {
  return { 'place.target': target, ...(medium === undefined ? {} : { 'place.medium': medium }) };
}
