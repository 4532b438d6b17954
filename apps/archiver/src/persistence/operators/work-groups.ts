import { Injectable } from '@nestjs/common';
import { ArchiverStore } from '../archiver-store.js';
import type { WorkNeeds } from '../../domain/work-needs.js';
import type { FaultDetails } from '../../domain/work-fault.js';

/**
 * How an open order stands: `cancelled`: to be ended; `waits`: given back, and not due; `runs`: under a lease; `silent`: its lease is over,
 * and nobody has taken it over; `tape`: due, and read in the order of a tape; `due`: for any worker; `later`: accepted for later.
 */
export type Standing = 'cancelled' | 'waits' | 'runs' | 'silent' | 'tape' | 'due' | 'later';

/** Open orders of one job that stand alike, for the same reason. */
export interface WorkGroup {
  readonly _id: {
    readonly jobId: string;
    readonly how: Standing;
    readonly waitCode?: string;
    readonly code?: string;
    readonly share?: string;
    readonly worker?: string;
    readonly target?: string;
    readonly phase?: string;
    readonly of?: string;
    readonly at?: readonly string[];
    readonly first?: string;
  };
  readonly count: number;
  /** The first of them. */
  readonly part: string;
  readonly kind: string;
  readonly archiveId?: string;
  readonly faultAt?: Date;
  readonly startedAt?: Date;
  readonly acceptedAt: Date;
  readonly dueAt: Date;
  readonly attempts: number;
  readonly details?: FaultDetails;
  readonly phase?: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly rate: number;
  readonly medium?: string;
  readonly needs?: WorkNeeds;
}

/** Originals of what is archived are kept for a while: their release comes then, and no job waits for it. */
function inGrace(now: Date): object {
  return { 'command.kind': 'release', epoch: 0, dueAt: { $gt: now } };
}

/** Groups of all jobs of one question. */
const maxGroups = 4000;
/** Due orders that are looked at for a place in line. */
const maxInLine = 1000;

/** What is under way for jobs, by what it waits for: so much for each reason, and not one for each of ten thousand orders. */
@Injectable()
export class WorkGroups {
  constructor(private readonly store: ArchiverStore) {}

  async of(jobIds: readonly string[], now: Date): Promise<readonly WorkGroup[]> {
    const isHeld = { $gt: ['$dueAt', now] };
    const doesWait = { $or: [isThere('$waitCode'), isThere('$lastFault')] };
    const how = {
      $switch: {
        branches: [
          { case: '$cancelRequested', then: 'cancelled' },
          { case: { $and: [isHeld, doesWait] }, then: 'waits' },
          { case: { $and: [isHeld, { $gt: ['$epoch', 0] }] }, then: 'runs' },
          { case: isHeld, then: 'later' },
          { case: { $and: [{ $gt: ['$epoch', 0] }, { $not: doesWait }] }, then: 'silent' },
          { case: isThere('$place.medium'), then: 'tape' },
        ],
        default: 'due',
      },
    };
    const onlyIf = (condition: object, value: string) => ({ $cond: [condition, value, '$$REMOVE'] });
    const onlyWhere = (standings: readonly Standing[], value: string) =>
      onlyIf({ $in: ['$how', standings] }, value);
    // A fault stays with the next try, and then it is no reason any more.
    const ofFault = (value: string) =>
      onlyIf({ $and: [{ $in: ['$how', ['waits', 'cancelled']] }, doesWait] }, value);
    const rows = await this.store.works
      .aggregate<WorkGroup>([
        { $match: { jobId: { $in: [...jobIds] }, state: 'open', $nor: [inGrace(now)] } },
        { $addFields: { how } },
        {
          $group: {
            _id: {
              ...{ jobId: '$jobId', how: '$how' },
              waitCode: onlyWhere(['waits'], '$waitCode'),
              code: ofFault('$fault.code'),
              share: ofFault('$fault.details.share'),
              worker: onlyWhere(['runs', 'silent'], '$worker'),
              target: onlyWhere(['tape'], '$place.target'),
              phase: onlyWhere(['runs'], '$phase'),
              // Some of a job may be for a target that no archiver has, beside others that are taken.
              of: onlyWhere(['runs', 'tape', 'due'], '$needs.of'),
              at: onlyWhere(['runs', 'tape', 'due'], '$needs.targets'),
              first: onlyWhere(['runs', 'tape', 'due'], '$needs.first'),
            },
            count: { $sum: 1 },
            part: { $min: '$_id' },
            kind: { $first: '$command.kind' },
            archiveId: { $first: '$command.data.archiveId' },
            faultAt: { $min: '$fault.at' },
            startedAt: { $min: '$startedAt' },
            acceptedAt: { $min: '$acceptedAt' },
            dueAt: { $min: '$dueAt' },
            attempts: { $max: '$attempts' },
            details: { $first: '$fault.details' },
            phase: { $first: '$phase' },
            bytesDone: { $sum: '$bytesDone' },
            bytesTotal: { $sum: '$bytesTotal' },
            rate: { $sum: '$rate' },
            medium: { $first: '$place.medium' },
            needs: { $first: '$needs' },
          },
        },
        { $limit: maxGroups },
      ])
      .toArray();
    return rows.map((row) => ({ ...without(row), _id: without(row._id) }));
  }

  /** Which of the jobs any order is remembered of, also those that are over. */
  async known(jobIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.store.works.distinct('jobId', { jobId: { $in: [...jobIds] } }));
  }

  /** Due orders, the longest due first: whoever is first is taken first, where all workers can take all. */
  async line(now: Date): Promise<readonly LinePlace[]> {
    const rows = await this.store.works
      .find({ state: 'open', dueAt: { $lte: now } }, { projection: { jobId: 1, 'place.target': 1 } })
      .sort({ dueAt: 1 })
      .limit(maxInLine)
      .toArray();
    return rows.map(({ jobId, place }) => ({
      jobId,
      ...(place === undefined ? {} : { target: place.target }),
    }));
  }

  /** Who recalls these datablocks for himself at this moment. */
  async recalls(
    archiveIds: readonly string[],
  ): Promise<ReadonlyMap<string, { order?: string; job?: string }>> {
    const rows = await this.store.retrieved
      .find({ _id: { $in: [...archiveIds] }, state: 'recalling' }, { projection: { order: 1, job: 1 } })
      .toArray();
    return new Map(
      rows.map(({ _id, order, job }) => [_id, { ...(order ? { order } : {}), ...(job ? { job } : {}) }]),
    );
  }
}

/** What none of a group has is null in an answer of the database. */
function without<Row extends object>(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== null && value !== undefined),
  ) as Row;
}

export interface LinePlace {
  readonly jobId: string;
  readonly target?: string;
}

/** In an aggregation: whether records have the field. */
export function isThere(field: string): object {
  return { $ne: [{ $type: field }, 'missing'] };
}
