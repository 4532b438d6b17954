import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Put, Query, Ip } from '@nestjs/common';
import { FullFacetResponse } from '../answers/common.js';
import { PartialOutputDatasetDto } from '../answers/datasets.js';
import { OutputJobV3Dto } from '../answers/jobs.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { parseFilter } from '../domain/filter-parts.js';
import { Admits, AdmitsIf, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { idempotencyKeyFrom, isMergePatch } from '../http/request-parts.js';
import { textFrom } from '../http/query-values.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { DatasetRecord } from '../persistence/records.js';
import { JobCreation } from './job-creation.js';
import { mayCreateJobs, mayUpdateJobs } from './job-configuration.provider.js';
import { namesFrom, onlyPaths, relationsFrom } from './job-fields.js';
import { JobQueries, type DetailsWanted } from './job-queries.js';
import { jobShapeV3 } from './job-shape.js';
import { JobUpdates } from './job-updates.js';
import { JobV3Bodies } from './job-v3-bodies.js';
import { jobV3View } from './job-answers.js';
import { CreateJobDtoV3, UpdateJobDtoV3 } from './job.dto.js';

type Fields = Record<string, unknown>;

@Area('jobs')
@Controller({ path: 'jobs', version: '3' })
export class JobsV3Controller {
  constructor(
    private readonly creation: JobCreation,
    private readonly updates: JobUpdates,
    private readonly queries: JobQueries,
    private readonly bodies: JobV3Bodies,
  ) {}

  @AdmitsIf(mayCreateJobs)
  @Operation('jobsControllerCreateV3', { body: CreateJobDtoV3, answer: OutputJobV3Dto })
  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: Fields | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Ip() address: string,
  ): Promise<Fields> {
    const job = await this.bodies.toNewJob(caller, body ?? {});
    return jobV3View(
      await this.creation.post(caller, {
        ...job,
        address,
        idempotencyKey: idempotencyKeyFrom(key),
      }),
    );
  }

  @SignedIn()
  @Operation('jobsControllerFindAllV3', { answer: [OutputJobV3Dto] })
  @Get()
  async list(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<Fields[]> {
    const parsed = parseFilter(filter);
    const unexpected = Object.keys(parsed).find((key) => key !== 'include' && key !== 'fields');
    if (unexpected !== undefined)
      throw new JobRefusal(400, `Property ${unexpected} should not exist in the filter object`);
    const names = namesFrom(JSON.stringify(parsed['fields'] ?? []), 'fields');
    const jobs = await this.queries.all(caller);
    return jobs.map((job) => (names === undefined ? jobV3View(job) : only(jobV3View(job), names)));
  }

  @SignedIn()
  @Operation('jobsControllerFullQueryV3', { answer: [OutputJobV3Dto] })
  @Get('fullquery')
  async fullQuery(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<Fields[]> {
    const jobs = await this.queries.fullQuery(caller, fields, limits, jobShapeV3);
    return jobs.map((job) => jobV3View(job));
  }

  @SignedIn()
  @Operation('jobsControllerFullFacetV3', { answer: [FullFacetResponse] })
  @Get('fullfacet')
  fullFacet(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    return this.queries.facets(caller, fields, facets, jobShapeV3);
  }

  /** The datasets of a job, with the fields and relations asked for. */
  @SignedIn()
  @Operation('jobsControllerFindOneDetailsV3', { answer: [PartialOutputDatasetDto] })
  @Get('datasetDetails')
  datasetDetails(
    @SignedInCaller() caller: Caller,
    @Query() query: Fields,
  ): Promise<Partial<DatasetRecord>[]> {
    const id = textFrom(query['jobId']) ?? '';
    return this.queries.datasetsOf(caller, id, detailsFrom(query));
  }

  @SignedIn()
  @Operation('jobsControllerFindOneV3', { answer: OutputJobV3Dto })
  @Get(':id')
  async get(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<Fields> {
    return jobV3View(await this.queries.get(caller, id));
  }

  @AdmitsIf(mayUpdateJobs)
  @Operation('jobsControllerUpdateV3', { body: UpdateJobDtoV3, answer: OutputJobV3Dto })
  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
  ): Promise<Fields> {
    const merges = isMergePatch(contentType);
    const change = this.bodies.toChange(body);
    return jobV3View(await this.updates.patch(caller, id, change, { request: change, merges }));
  }

  /** As PATCH: workers of Catamel's time send the whole job. */
  @AdmitsIf(mayUpdateJobs)
  @Operation('jobsControllerReplaceV3', { body: UpdateJobDtoV3, answer: OutputJobV3Dto })
  @Put(':id')
  put(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<Fields> {
    return this.patch(caller, id, body, undefined);
  }

  @Admits(accessTable.job.delete)
  @Operation('jobsControllerRemoveV3')
  @Delete(':id')
  async remove(@Param('id') id: string): Promise<Fields> {
    return jobV3View(await this.queries.remove(id));
  }
}

/** `datasetFields`, `include` and `includeFields`: objects as SciCat documents them, or lists of names as the archive mock sends them. */
function detailsFrom(query: Fields): DetailsWanted {
  const fields = namesFrom(query['datasetFields'], 'datasetFields');
  return {
    // A list was always answered with the pid.
    fields: isList(query['datasetFields']) && fields !== undefined ? ['pid', ...fields] : fields,
    relations: relationsFrom(query['include']),
    relationFields: namesFrom(query['includeFields'], 'includeFields'),
  };
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || (typeof value === 'string' && value.trimStart().startsWith('['));
}

function only(view: Fields, names: readonly string[]): Fields {
  return onlyPaths(view, names) as Fields;
}
