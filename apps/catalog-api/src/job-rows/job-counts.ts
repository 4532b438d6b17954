import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';

/** Jobs of one type in one state. */
export interface JobCount {
  readonly type: string;
  readonly statusCode: string;
  readonly count: number;
}

export interface JobCounts {
  readonly unfinished: readonly JobCount[];
  /** Over, and changed last within the last 24 hours. */
  readonly ended: readonly JobCount[];
  readonly since: Date;
}

const day = 86_400_000;
/** Milliseconds for each of the two. */
const patience = 5000;
/** Pairs of a type and a state: statuses of other archive systems are free texts. */
const maxCounts = 500;

/** How many jobs there are, of those that a caller may see. */
@Injectable()
export class JobCounting {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly clock: Clock,
  ) {}

  async counts(caller: Caller): Promise<JobCounts> {
    const visible = both(acceptedJobs, this.rules.visibleJobs(caller));
    const since = new Date(this.clock.now().getTime() - day);
    const over = { updatedAt: { $gte: since }, 'catena.unfinished': { $exists: false } };
    const [unfinished, ended] = await Promise.all([
      this.count(both({ 'catena.unfinished': true }, visible)),
      this.count(both(over, visible)),
    ]);
    return { unfinished, ended, since };
  }

  private async count(condition: Readonly<Record<string, unknown>>): Promise<JobCount[]> {
    const rows = await this.catalogue.jobs
      .aggregate<{ _id: { type: string; statusCode: string }; count: number }>(
        [
          { $match: condition },
          { $project: { type: 1, statusCode: 1 } },
          { $group: { _id: { type: '$type', statusCode: '$statusCode' }, count: { $sum: 1 } } },
          { $sort: { _id: 1 } },
          { $limit: maxCounts },
        ],
        { maxTimeMS: patience },
      )
      .toArray();
    return rows.map(({ _id, count }) => ({ ..._id, count }));
  }
}
