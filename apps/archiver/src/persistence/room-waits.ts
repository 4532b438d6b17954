import { Injectable } from '@nestjs/common';
import { ArchiverStore } from './archiver-store.js';
import type { RoomWait } from './records.js';

/** What earlier retrievals want, each copy once. */
export interface Wanted {
  /** Bytes of those that lack room in the area, whoever's. */
  readonly space: number;
  /** Bytes of those of the group. */
  readonly quota: number;
}

/** The queue for room in the retrieval bucket: first come, first served. It decides on the order only, never on what fits. */
@Injectable()
export class RoomWaits {
  constructor(private readonly store: ArchiverStore) {}

  /** Keeps its place in the queue, or takes the last one. */
  async stay({ _id, since, ...wait }: RoomWait): Promise<void> {
    await this.all.updateOne({ _id }, { $set: wait, $setOnInsert: { since } }, { upsert: true });
  }

  /** It waits no more. */
  async leave(_id: string): Promise<void> {
    await this.all.deleteOne({ _id });
  }

  /** What those want that came before this one; one for the same copy, or of the same job, waits for the same room. */
  async wantedBefore(
    { order, name, job, group }: Pick<RoomWait, 'name' | 'job' | 'group'> & { readonly order: string },
    now: Date,
  ): Promise<Wanted> {
    const own = await this.all.findOne({ _id: order });
    const earlier =
      own === null ? {} : { $or: [{ since: { $lt: own.since } }, { since: own.since, _id: { $lt: order } }] };
    const before = {
      _id: { $ne: order },
      name: { $ne: name },
      claim: { $ne: job },
      until: { $gt: now },
      ...earlier,
    };
    const [space, quota] = await Promise.all([
      this.bytesOf({ ...before, lacks: 'space' }),
      this.bytesOf({ ...before, group }),
    ]);
    return { space, quota };
  }

  /** The first ones of the queue. */
  waiting(now: Date, limit: number): AsyncIterable<RoomWait> {
    return this.all
      .find({ until: { $gt: now } })
      .sort({ since: 1, _id: 1 })
      .limit(limit);
  }

  count(now: Date): Promise<number> {
    return this.all.countDocuments({ until: { $gt: now } });
  }

  /** Those whose orders have stopped asking. */
  async sweep(now: Date): Promise<void> {
    await this.all.deleteMany({ until: { $lte: now } });
  }

  private async bytesOf(filter: object): Promise<number> {
    const [sum] = await this.all
      .aggregate<{ bytes: number }>([
        { $match: filter },
        { $group: { _id: { $ifNull: ['$claim', '$name'] }, bytes: { $max: '$bytes' } } },
        { $group: { _id: null, bytes: { $sum: '$bytes' } } },
      ])
      .toArray();
    return sum?.bytes ?? 0;
  }

  private get all() {
    return this.store.roomWaits;
  }
}
