import type { Connection } from 'mongoose';
import type { Page } from '#console-api';
import { newerThan, olderThan, pageOf, placeIn, placeText } from '#operations';
import { parkedMessages, type ParkedMessage, type ParkedState } from './parked-message.js';

/** Which messages; absent: any. */
export interface ParkedFilter {
  readonly state?: ParkedState;
  readonly code?: string;
  readonly type?: string;
  readonly jobId?: string;
  /** Parked at, or after; and before. */
  readonly from?: Date;
  readonly to?: Date;
}

export const groupings = ['code', 'type', 'day'] as const;
export type Grouping = (typeof groupings)[number];

/** Messages that have something in common. */
export interface ParkedGroup {
  readonly key: string;
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
  /** The id of one of them. */
  readonly sample: string;
}

/** A parked message without its body, which may be large, and is not everybody's to read. */
export type ParkedRow = Omit<ParkedMessage, 'body' | 'headers' | 'edited' | 'pending'>;

const maxGroups = 200;
/** Milliseconds for one question of people. */
const maxTimeMS = 5000;
const withoutBody = { body: 0, headers: 0, edited: 0, pending: 0 } as const;

/** Looks at parked messages, page by page and by group. */
export class ParkedLists {
  constructor(private readonly connection: Connection) {}

  /** Newest first. @throws PermanentError `operations.not-possible` for an unknown `after` */
  async page(filter: ParkedFilter, after: string | undefined, limit: number): Promise<Page<ParkedRow>> {
    const found = await this.messages
      .find(
        { $and: [conditionOf(filter), olderThan('parkedAt', placeIn(after))] },
        { projection: withoutBody, maxTimeMS },
      )
      .sort({ parkedAt: -1, _id: -1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(
      found,
      limit,
      ({ parkedAt: at, _id: id }) => ({ at, id }),
      (row) => row as ParkedRow,
    );
  }

  count(filter: ParkedFilter): Promise<number> {
    return this.messages.countDocuments(conditionOf(filter), { maxTimeMS });
  }

  /** Oldest first: what a bulk run takes next. */
  async next(
    filter: ParkedFilter,
    place: string | undefined,
    limit: number,
  ): Promise<{ readonly id: string; readonly place: string }[]> {
    const found = await this.messages
      .find(
        { $and: [conditionOf(filter), newerThan('parkedAt', placeIn(place))] },
        { projection: { parkedAt: 1 }, maxTimeMS },
      )
      .sort({ parkedAt: 1, _id: 1 })
      .limit(limit)
      .toArray();
    return found.map(({ _id: id, parkedAt: at }) => ({ id, place: placeText({ at, id }) }));
  }

  /** Largest first. */
  async groups(filter: ParkedFilter, by: Grouping): Promise<ParkedGroup[]> {
    const key = by === 'day' ? { $dateToString: { format: '%Y-%m-%d', date: '$parkedAt' } } : `$${by}`;
    const found = await this.messages
      .aggregate<Omit<ParkedGroup, 'key'> & { _id: string }>(
        [
          { $match: conditionOf(filter) },
          // Bodies may be large, and are not counted.
          { $project: { code: 1, type: 1, parkedAt: 1 } },
          {
            $group: {
              _id: key,
              count: { $sum: 1 },
              first: { $min: '$parkedAt' },
              last: { $max: '$parkedAt' },
              sample: { $min: '$_id' },
            },
          },
          { $sort: { count: -1, _id: 1 } },
          { $limit: maxGroups },
        ],
        { maxTimeMS },
      )
      .toArray();
    return found.map(({ _id, count, ...group }) => ({ key: _id, count: Number(count), ...group }));
  }

  /** Parked messages of each of some jobs: how many, since when, by what codes, and one to look at. */
  async ofJobs(
    jobIds: readonly string[],
  ): Promise<{ jobId: string; code: string; count: number; first: Date; sample: string }[]> {
    const found = await this.messages
      .aggregate<{ _id: { jobId: string; code: string }; count: number; first: Date; sample: string }>(
        [
          { $match: { jobId: { $in: [...jobIds] }, state: 'parked' } },
          { $project: { jobId: 1, code: 1, parkedAt: 1 } },
          {
            $group: {
              _id: { jobId: '$jobId', code: '$code' },
              count: { $sum: 1 },
              first: { $min: '$parkedAt' },
              sample: { $min: '$_id' },
            },
          },
          // The same ones each time, and of each job the first: more than these nobody reads.
          { $sort: { first: 1, _id: 1 } },
          { $limit: maxGroups * 5 },
        ],
        { maxTimeMS },
      )
      .toArray();
    return found.map(({ _id, count, first, sample }) => ({ ..._id, count: Number(count), first, sample }));
  }

  private get messages() {
    return parkedMessages(this.connection);
  }
}

function conditionOf({ state, code, type, jobId, from, to }: ParkedFilter): object {
  const parkedAt = {
    ...(from === undefined ? {} : { $gte: from }),
    ...(to === undefined ? {} : { $lt: to }),
  };
  return {
    ...(state === undefined ? {} : { state }),
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(Object.keys(parkedAt).length === 0 ? {} : { parkedAt }),
  };
}
