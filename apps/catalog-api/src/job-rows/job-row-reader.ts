import { Injectable } from '@nestjs/common';
import { isTooSlow } from '#persistence';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { factsStage, rowOf, type JobFacts, type JobRow } from './job-row.js';

type NamedDataset = Pick<
  DatasetRecord,
  'pid' | 'ownerGroup' | 'accessGroups' | 'isPublished' | 'sharedWith'
> & { readonly datasetName?: unknown };

interface Retry {
  readonly _id: string;
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  readonly catena: { readonly retryOf: string };
}

/** What is said of jobs beside their own documents, for any reader. */
export interface JobCompany {
  readonly datasets: ReadonlyMap<string, NamedDataset>;
  /** By the job that they do again. */
  readonly retries: ReadonlyMap<string, readonly Retry[]>;
}

/** Jobs that do again what failed in those of one page. */
const maxRetries = 1000;

/** Reads jobs as rows: none of their parameters, and nothing of others that the reader may not see. */
@Injectable()
export class JobRowReader {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  /**
   * The newest jobs first.
   *
   * @param patience milliseconds
   * @returns undefined when they could not be read in that time
   */
  async find(
    condition: Readonly<Record<string, unknown>>,
    { limit, patience }: { readonly limit: number; readonly patience: number },
  ): Promise<readonly JobFacts[] | undefined> {
    try {
      return await this.catalogue.jobs
        .aggregate<JobFacts>(
          [{ $match: condition }, { $sort: { createdAt: -1, _id: -1 } }, { $limit: limit }, factsStage],
          { maxTimeMS: Math.ceil(patience) },
        )
        .toArray();
    } catch (error) {
      if (isTooSlow(error)) return undefined;
      throw error;
    }
  }

  /** Of jobs by their ids, in no order; those that are gone, or do not meet the condition, are left out. */
  async facts(
    ids: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly JobFacts[]> {
    if (ids.length === 0) return [];
    const condition = both({ _id: { $in: [...ids] }, ...acceptedJobs }, more);
    // The limit has the database begin with the ids, not with all that have the words of a search.
    const stages = [{ $match: condition }, { $limit: ids.length }, factsStage];
    return this.catalogue.jobs.aggregate<JobFacts>(stages).toArray();
  }

  async rows(caller: Caller, jobs: readonly JobFacts[]): Promise<readonly JobRow[]> {
    const company = await this.companyOf(jobs);
    return jobs.map((job) => this.rowFor(caller, job, company));
  }

  async companyOf(jobs: readonly JobFacts[]): Promise<JobCompany> {
    if (jobs.length === 0) return { datasets: new Map(), retries: new Map() };
    const pids = [...new Set(jobs.flatMap(({ firstPids }) => firstPids))].filter(
      (pid): pid is string => typeof pid === 'string',
    );
    const [datasets, retries] = await Promise.all([
      pids.length === 0 ? [] : this.datasetsNamed(pids),
      this.catalogue.jobs
        .find<Retry>(both({ 'catena.retryOf': { $in: jobs.map(({ _id }) => _id) } }, acceptedJobs), {
          projection: { ownerUser: 1, ownerGroup: 1, 'catena.retryOf': 1 },
        })
        .limit(maxRetries)
        .toArray(),
    ]);
    const byJob = new Map<string, Retry[]>();
    for (const retry of retries) {
      const { retryOf } = retry.catena;
      byJob.set(retryOf, [...(byJob.get(retryOf) ?? []), retry]);
    }
    return { datasets: new Map(datasets.map((dataset) => [dataset.pid, dataset])), retries: byJob };
  }

  rowFor(caller: Caller, job: JobFacts, { datasets, retries }: JobCompany): JobRow {
    const first = datasets.get(String(job.firstPids[0]));
    const mayName = first !== undefined && this.rules.mayRead(caller, first, { sharedWith: true });
    const mayKnow = (retry: Retry): boolean => this.rules.allows(accessTable.job.read, caller, retry);
    return rowOf(job, {
      name: mayName && typeof first.datasetName === 'string' ? first.datasetName : undefined,
      retriedBy: (retries.get(job._id) ?? []).filter(mayKnow).map(({ _id }) => _id),
    });
  }

  /** Datasets by their pids, with their names and whatever decides who may see them. */
  datasetsNamed(pids: readonly string[]): Promise<NamedDataset[]> {
    const projection = {
      ...{ pid: 1, datasetName: 1, ownerGroup: 1 },
      ...{ accessGroups: 1, isPublished: 1, sharedWith: 1 },
    } as const;
    return this.catalogue.datasets.find<NamedDataset>({ _id: { $in: [...pids] } }, { projection }).toArray();
  }
}
