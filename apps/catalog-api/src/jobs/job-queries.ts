import { Injectable } from '@nestjs/common';
import { DatasetIncludes } from '../datasets/dataset-includes.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { BadRequest, JobRefusal } from '../domain/errors.js';
import { parseFacets, parseFields, parseLimits, type ResourceShape } from '../domain/field-query.js';
import { parseFilter } from '../domain/filter-parts.js';
import { objectOr, orderFrom, sortFrom } from '../domain/loopback-filter.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import { inOrder } from '../persistence/insertion-order.js';
import { withoutOwnFields, withoutWords } from '../persistence/own-fields.js';
import { IndexedQueries } from '../record-index/indexed-queries.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { DatasetRecord, JobRecord } from '../persistence/records.js';
import { datasetProjection, includesOf, jobFieldsFrom, onlyPaths, topmost } from './job-fields.js';
import { jobProperties } from './job-shape.js';

/** Without a limit SciCat answers everything; nobody reads more than this from one answer. */
const maxJobs = 10_000;
/** Jobs whose datasets are shown with all that belongs to them. */
const maxDetailed = 1000;
/** Datasets of all jobs of one answer: those of the largest job, and some more. */
const maxJoined = 20_000;
const detailRelations = ['origdatablocks', 'datablocks', 'attachments'] as const;

type JobWithDatasets = JobRecord & {
  datasets?: DatasetRecord[];
  datasetDetails?: DatasetRecord[];
};

/** A job with nothing but the fields asked for. */
export type PartialJob = Partial<JobWithDatasets>;

/** What `datasetDetails` of v3 asks of the datasets of a job. */
export interface DetailsWanted {
  /** Fields of the datasets; undefined for all of them. */
  readonly fields: readonly string[] | undefined;
  readonly relations: readonly string[];
  /** Fields of the related records; undefined for all of them. */
  readonly relationFields: readonly string[] | undefined;
}

interface Joins {
  readonly relations: readonly string[];
  /** Fields of the datasets to show. */
  readonly fields?: readonly string[] | undefined;
}

/** Reading jobs: what a caller may see is part of the database query. */
@Injectable()
export class JobQueries {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly jobs: JobRecords,
    private readonly rules: AccessRules,
    private readonly datasets: DatasetQueries,
    private readonly includes: DatasetIncludes,
    private readonly indexed: IndexedQueries,
  ) {}

  /** `filter` of v4, with `datasets` or `datasetDetails` joined where it includes them. */
  async list(caller: Caller, filter: unknown, more: readonly string[] = []): Promise<PartialJob[]> {
    const { fields, ...others } = parseFilter(filter);
    const wanted = jobFieldsFrom(fields);
    const query = parseV4Filter(JSON.stringify({ ...others, fields: wanted.own ?? fields }), jobProperties, {
      defaultLimit: maxJobs,
      more: ['sort'],
    });
    const relations = [...query.include.map(({ relation }) => relation), ...more];
    const joins = relations.length > 0;
    const limit = joins ? Math.min(query.limit || maxDetailed, maxDetailed) : query.limit;
    const own = wanted.own === undefined || wanted.own.length === 0 ? undefined : wanted.own;
    const jobs = await this.find(
      caller,
      { ...query, limit, sort: sortOf(others) },
      own && namesOf(joins ? [...own, 'jobParams.datasetList'] : own),
    );
    await this.join(caller, jobs, { relations, fields: wanted.ofDatasets });
    return jobs.map((job) => shown(job, wanted.own));
  }

  async fullQuery(
    caller: Caller,
    fields: unknown,
    limits: unknown,
    shape: ResourceShape,
  ): Promise<JobRecord[]> {
    const { where } = parseFields(fields, shape);
    return this.find(caller, { where, ...parseLimits(limits, shape) }, undefined);
  }

  facets(caller: Caller, fields: unknown, facets: unknown, shape: ResourceShape): Promise<FacetAnswer> {
    const visible = both(acceptedJobs, this.rules.visibleJobs(caller));
    const condition = both(parseFields(fields, shape).where, visible);
    return this.indexed.facets('Job', condition, parseFacets(facets, shape), shape);
  }

  /** The whole stored job, if the caller may see it. */
  async get(caller: Caller, id: string): Promise<JobRecord> {
    const job = await this.catalogue.jobs.findOne(
      both({ _id: id, ...acceptedJobs }, this.rules.visibleJobs(caller)),
      { projection: withoutWords },
    );
    if (job !== null) return job;
    throw (await this.jobs.isAccepted(id))
      ? new JobRefusal(403, 'Unauthorized to get this job.')
      : new JobRefusal(400, 'Invalid job id.');
  }

  /** One job with what `filter` asks of it. */
  async getWith(caller: Caller, id: string, filter: unknown): Promise<PartialJob> {
    const { fields, ...others } = parseFilter(filter);
    const wanted = jobFieldsFrom(fields);
    const text = JSON.stringify({ ...others, fields: wanted.own ?? fields });
    const { include } = parseV4Filter(text, jobProperties, { more: ['sort'] });
    const { catena: _, ...job }: JobWithDatasets = await this.get(caller, id);
    const relations = include.map(({ relation }) => relation);
    await this.join(caller, [job], { relations, fields: wanted.ofDatasets });
    return shown(job, wanted.own);
  }

  /** All jobs that the caller may see. */
  all(caller: Caller): Promise<JobRecord[]> {
    return this.find(caller, { where: {}, limit: maxJobs, skip: 0, sort: undefined }, undefined);
  }

  /** The datasets of one job that the caller may see, with some of their fields and relations. */
  async datasetsOf(
    caller: Caller,
    id: string,
    { fields, relations: asked, relationFields }: DetailsWanted,
  ): Promise<Partial<DatasetRecord>[]> {
    const job = await this.get(caller, id);
    const pids = pidsOf(job);
    if (pids.length === 0) return [];
    const relations = asked.includes('all') ? detailRelations : asked;
    const below = relationFields ?? [''];
    const names = relations.flatMap((relation) => below.map((name) => pathOf(relation, name)));
    const query = { where: { _id: { $in: pids } }, skip: 0, sort: { _id: 1 as const }, limit: pids.length };
    const projection = datasetProjection(fields, relations);
    const datasets = await this.datasets.list(caller, { ...query, projection });
    await this.includes.add(caller, datasets, includesOf(relations, names), { whole: true });
    return datasets.map((dataset) => ({
      ...only(dataset, fields ?? Object.keys(dataset)),
      ...only(dataset, names),
    }));
  }

  async remove(id: string): Promise<JobRecord> {
    await this.indexed.announceRemoval('Job', id);
    const removed = await this.jobs.remove(id);
    if (removed !== undefined) return removed;
    throw (await this.jobs.exists(id))
      ? new JobRefusal(409, `Job ${id} is running: cancel it before deleting it.`)
      : new JobRefusal(400, `Job id ${id} doesn't exist.`);
  }

  private find(
    caller: Caller,
    query: {
      readonly where: Record<string, unknown>;
      readonly limit: number;
      readonly skip: number;
      readonly sort: Record<string, 1 | -1> | undefined;
    },
    projection: Record<string, 0 | 1> | undefined,
  ): Promise<JobWithDatasets[]> {
    const visible = both(acceptedJobs, this.rules.visibleJobs(caller));
    return this.indexed.list<JobWithDatasets>('Job', {
      condition: both(query.where, visible),
      projection: withoutOwnFields(projection),
      sort: inOrder(query.sort),
      skip: query.skip,
      limit: Math.min(query.limit === 0 ? maxJobs : query.limit, maxJobs),
    });
  }

  /** All datasets of all jobs in one query, narrowed to those the caller may see. */
  private async join(caller: Caller, jobs: JobWithDatasets[], { relations, fields }: Joins): Promise<void> {
    const unknown = relations.find((name) => !['datasets', 'datasetDetails', 'all'].includes(name));
    if (unknown !== undefined)
      throw new BadRequest(
        `Provided include field ${JSON.stringify(unknown)} is not part of the job relations`,
      );
    if (relations.length === 0 || jobs.length === 0) return;
    const pids = [...new Set(jobs.flatMap((job) => pidsOf(job)))];
    if (pids.length > maxJoined)
      throw new BadRequest(
        `Invalid filter: these ${jobs.length} jobs hold ${pids.length} datasets, at most ${maxJoined} are joined: ask for fewer jobs.`,
      );
    const detailed = relations.includes('datasetDetails');
    const query = {
      where: { _id: { $in: pids } },
      projection: datasetProjection(fields, detailed ? detailRelations : []),
      skip: 0,
      sort: { _id: 1 as const },
    };
    const found = pids.length === 0 ? [] : await this.datasets.list(caller, { ...query, limit: pids.length });
    const includes = detailed ? includesOf(detailRelations, fields) : [];
    await this.includes.add(caller, found, includes, { whole: jobs.length === 1 });
    const places = new Map(found.map(({ pid }, index) => [pid, index]));
    const datasets = fields === undefined ? found : found.map((dataset) => only(dataset, fields));
    for (const job of jobs)
      job[detailed ? 'datasetDetails' : 'datasets'] = [...new Set(pidsOf(job))]
        .map((pid) => places.get(pid))
        .filter((place) => place !== undefined)
        .sort((one, other) => one - other)
        .map((place) => datasets[place] as DatasetRecord);
  }
}

/** What a filter asks the jobs to be sorted by, in whichever of its places. */
function sortOf(filter: Readonly<Record<string, unknown>>): Record<string, 1 | -1> | undefined {
  const { sort, order } = objectOr(filter['limits']);
  return sortFrom(filter['sort']) ?? sortFrom(sort) ?? orderFrom(order);
}

function namesOf(names: readonly string[]): Record<string, 1> {
  return Object.fromEntries(topmost(names).map((name) => [name, 1]));
}

/** The job with the fields asked for, and what was joined to it. */
function shown(job: JobWithDatasets, own: readonly string[] | undefined): PartialJob {
  return own === undefined ? job : only(job, [...own, 'datasets', 'datasetDetails']);
}

function only<Item extends object>(record: Item, paths: readonly string[]): Partial<Item> {
  return onlyPaths(record, paths) as Partial<Item>;
}

function pathOf(relation: string, name: string): string {
  return name === '' ? relation : `${relation}.${name}`;
}

function pidsOf(job: JobRecord): string[] {
  const list = (job.jobParams as Record<string, unknown> | undefined)?.['datasetList'];
  return (Array.isArray(list) ? list : [])
    .map((entry: unknown) => (entry as { pid?: unknown } | null)?.pid)
    .filter((pid): pid is string => typeof pid === 'string');
}
