import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { checkCondition, parseJsonObject } from '../domain/loopback-filter.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';

const withoutCatena = { catena: 0 } as const;
/** Without a limit SciCat answers everything; nobody reads more than this from one answer. */
const mostJobs = 10_000;

/** Reading jobs: what a caller may see is part of the database query. */
@Injectable()
export class JobQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  list(caller: Caller, filterText: string | undefined): Promise<JobRecord[]> {
    const filter = parseJsonObject(filterText, 'filter');
    const where = objectOr(filter['where']);
    checkCondition(where);
    const limits = objectOr(filter['limits']);
    const sort = objectOr(filter['sort'] ?? limits['sort']);
    return this.catalogue.jobs
      .find(both(where, this.rules.visibleJobs(caller)), { projection: withoutCatena })
      .sort(
        Object.fromEntries(
          Object.entries(sort).map(([field, direction]) => [
            field,
            direction === -1 || direction === 'desc' ? -1 : 1,
          ]),
        ),
      )
      .skip(Number(limits['skip'] ?? 0))
      .limit(Math.min(Number(limits['limit'] ?? mostJobs) || mostJobs, mostJobs))
      .toArray();
  }

  /** The whole stored job, if the caller may see it. */
  async get(caller: Caller, id: string): Promise<JobRecord> {
    const job = await this.catalogue.jobs.findOne(both({ _id: id }, this.rules.visibleJobs(caller)));
    if (job !== null) return job;
    const exists = (await this.catalogue.jobs.countDocuments({ _id: id }, { limit: 1 })) > 0;
    throw exists
      ? new JobRefusal(403, 'Unauthorized to get this job.')
      : new JobRefusal(400, 'Invalid job id.');
  }

  async remove(id: string): Promise<JobRecord> {
    const removed = await this.catalogue.jobs.findOneAndDelete(
      {
        _id: id,
        $or: [{ 'catena.workflow': 'none' }, { 'catena.finished': true }, { catena: { $exists: false } }],
      },
      { projection: withoutCatena },
    );
    if (removed !== null) return removed;
    const exists = (await this.catalogue.jobs.countDocuments({ _id: id }, { limit: 1 })) > 0;
    throw exists
      ? new JobRefusal(409, `Job ${id} is running: cancel it before deleting it.`)
      : new JobRefusal(400, `Job id ${id} doesn't exist.`);
  }
}

function objectOr(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
