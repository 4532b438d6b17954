import { Injectable } from '@nestjs/common';
import { ArchiverStore } from './archiver-store.js';

/** What is in the retrieval bucket, or on its way there. Records from before 0.8 do not say how large: they count as nothing. */
export interface AreaTotals {
  /** Copies that are there. */
  readonly copies: number;
  /** Bytes of them. */
  readonly used: number;
  /** Bytes of what is on its way, or being removed. */
  readonly reserved: number;
}

/** Bytes that a group has kept. */
export interface GroupUse {
  readonly group: string;
  readonly copies: number;
  readonly bytes: number;
}

/** What a job has begun to bring, and wants besides. */
export interface Claim {
  readonly job: string;
  readonly group: string;
  /** Bytes that it still wants in the bucket. */
  readonly lacks: number;
}

/** Milliseconds for which room is kept for what a job still wants, since it last got something: it may be over. */
const claimPatience = 86_400_000;

/** Adds up what takes room in the retrieval bucket. Every record counts from the write that makes it to the one that removes it. */
@Injectable()
export class AreaFigures {
  constructor(private readonly store: ArchiverStore) {}

  /** Bytes in all, without those of this name. */
  taken(except: string): Promise<number> {
    return this.bytesOf({ _id: { $ne: except } });
  }

  /** Bytes that count for a group, without those of this name: what is on its way for it, and what its jobs have kept. */
  takenBy(group: string, now: Date, except: string): Promise<number> {
    return this.bytesOf({
      _id: { $ne: except },
      $or: [
        { state: 'recalling', group },
        { state: 'present', pins: { $elemMatch: { group, until: { $gt: now } } } },
      ],
    });
  }

  /** Bytes that a job has in the bucket, and those on their way, without those of this name. */
  async heldBy(job: string, now: Date, except: string): Promise<{ present: number; coming: number }> {
    const pins = { $elemMatch: { job, until: { $gt: now } } };
    const [present, coming] = await Promise.all([
      this.bytesOf({ _id: { $ne: except }, state: 'present', pins }),
      this.bytesOf({ _id: { $ne: except }, state: 'recalling', job }),
    ]);
    return { present, coming };
  }

  /** What other jobs that have something in the bucket, or on its way, still want there. */
  async *claims(now: Date, except: string): AsyncGenerator<Claim> {
    const own = {
      job: '$job',
      group: '$group',
      together: '$together',
      since: now,
      until: { $add: [now, 1] },
    };
    const pins = { $cond: [{ $eq: ['$state', 'recalling'] }, [own], { $ifNull: ['$pins', []] }] };
    const found = this.all.aggregate<{
      _id: { job: string; group: string };
      held: number;
      together: number | null;
      since: Date;
    }>([
      { $project: { bytes: 1, pins } },
      { $unwind: '$pins' },
      { $match: { 'pins.until': { $gt: now }, 'pins.job': { $nin: ['', null, except] } } },
      {
        $group: {
          _id: { job: '$pins.job', group: '$pins.group' },
          ...{
            held: { $sum: '$bytes' },
            together: { $max: '$pins.together' },
            since: { $max: '$pins.since' },
          },
        },
      },
    ]);
    for await (const { _id, held, together, since } of found) {
      const lacks = (together ?? 0) - held;
      if (lacks > 0 && since.getTime() + claimPatience > now.getTime()) yield { ..._id, lacks };
    }
  }

  async totals(): Promise<AreaTotals> {
    const states = await this.all
      .aggregate<{ _id: string; copies: number; bytes: number }>([
        { $group: { _id: '$state', copies: { $sum: 1 }, bytes: { $sum: '$bytes' } } },
      ])
      .toArray();
    const present = states.find(({ _id }) => _id === 'present');
    const coming = states.find(({ _id }) => _id === 'recalling');
    return { copies: present?.copies ?? 0, used: present?.bytes ?? 0, reserved: coming?.bytes ?? 0 };
  }

  /** Those with most bytes first; a copy that jobs of two groups have kept counts for both. */
  async groups(now: Date, limit: number): Promise<GroupUse[]> {
    const own = { group: '$group', until: { $add: [now, 1] } };
    const pins = { $cond: [{ $eq: ['$state', 'recalling'] }, [own], { $ifNull: ['$pins', []] }] };
    const found = await this.all
      .aggregate<{ _id: string; copies: number; bytes: number }>([
        { $project: { bytes: 1, pins } },
        { $unwind: '$pins' },
        { $match: { 'pins.until': { $gt: now }, 'pins.group': { $nin: ['', null] } } },
        { $group: { _id: { name: '$_id', group: '$pins.group' }, bytes: { $max: '$bytes' } } },
        { $group: { _id: '$_id.group', copies: { $sum: 1 }, bytes: { $sum: '$bytes' } } },
        { $sort: { bytes: -1, _id: 1 } },
        { $limit: limit },
      ])
      .toArray();
    return found.map(({ _id: group, copies, bytes }) => ({ group, copies, bytes }));
  }

  /** When the next copy goes, of a group or at all, as far as nobody has it kept for longer. */
  async nextEnd(now: Date, group?: string): Promise<Date | undefined> {
    const of = group === undefined ? {} : { 'pins.group': group };
    const next = await this.all.findOne(
      { state: 'present', expiresAt: { $gt: now }, ...of },
      { sort: { expiresAt: 1 }, projection: { expiresAt: 1 } },
    );
    return next?.expiresAt;
  }

  private async bytesOf(filter: object): Promise<number> {
    const [sum] = await this.all
      .aggregate<{ bytes: number }>([
        { $match: filter },
        { $group: { _id: null, bytes: { $sum: '$bytes' } } },
      ])
      .toArray();
    return sum?.bytes ?? 0;
  }

  private get all() {
    return this.store.retrieved;
  }
}
