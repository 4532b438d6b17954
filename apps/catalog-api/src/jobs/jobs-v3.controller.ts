import { Body, Controller, Delete, Get, Headers, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { mayCallCreate, mayCallUpdate } from '../domain/job-rules.js';
import { parseJsonObject, parseLoopbackFilter } from '../domain/loopback-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { listFrom, textFrom } from '../http/query-values.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { DatasetRecord } from '../persistence/records.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobCreation } from './job-creation.js';
import { JobQueries } from './job-queries.js';
import { jobShapeV3 } from './job-shape.js';
import { JobUpdates } from './job-updates.js';
import { JobV3Bodies } from './job-v3-bodies.js';
import { jobV3View } from './job-views.js';
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
    private readonly rules: AccessRules,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  @Operation('jobsControllerCreateV3', { body: CreateJobDtoV3, answer: 'OutputJobV3Dto' })
  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: Fields | undefined,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
  ): Promise<Fields> {
    gate(mayCallCreate(this.rules, caller, this.configuration));
    const job = await this.bodies.toNewJob(caller, body ?? {});
    return jobV3View(
      await this.creation.create(caller, {
        ...job,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
    );
  }

  @Operation('jobsControllerFindAllV3', { answer: ['OutputJobV3Dto'] })
  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<Fields[]> {
    gate(caller !== undefined);
    const parsed = parseJsonObject(filter, 'filter');
    const unexpected = Object.keys(parsed).find((key) => key !== 'include' && key !== 'fields');
    if (unexpected !== undefined)
      throw new JobRefusal(400, `Property ${unexpected} should not exist in the filter object`);
    return (await this.queries.list(signedIn(caller), undefined)).map((job) => jobV3View(job));
  }

  @Operation('jobsControllerFullQueryV3', { answer: ['OutputJobV3Dto'] })
  @Get('fullquery')
  async fullQuery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<Fields[]> {
    gate(caller !== undefined);
    const jobs = await this.queries.fullQuery(signedIn(caller), fields, limits, jobShapeV3);
    return jobs.map((job) => jobV3View(job));
  }

  @Operation('jobsControllerFullFacetV3', { answer: ['FullFacetResponse'] })
  @Get('fullfacet')
  fullFacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    gate(caller !== undefined);
    return this.queries.facets(signedIn(caller), fields, facets, jobShapeV3);
  }

  /** The datasets of a job, with the fields and relations asked for. */
  @Operation('jobsControllerFindOneDetailsV3', { answer: ['PartialOutputDatasetDto'] })
  @Get('datasetDetails')
  datasetDetails(
    @CurrentCaller() caller: Caller | undefined,
    @Query() query: Fields,
  ): Promise<DatasetRecord[]> {
    gate(caller !== undefined);
    const { projection, include } = detailsFrom(query);
    return this.queries.datasetsOf(signedIn(caller), textFrom(query['jobId']) ?? '', projection, include);
  }

  @Operation('jobsControllerFindOneV3', { answer: 'OutputJobV3Dto' })
  @Get(':id')
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<Fields> {
    gate(caller !== undefined);
    return jobV3View(await this.queries.get(signedIn(caller), id));
  }

  @Operation('jobsControllerUpdateV3', { body: UpdateJobDtoV3, answer: 'OutputJobV3Dto' })
  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<Fields> {
    gate(mayCallUpdate(this.rules, caller, this.configuration));
    const { jobStatusMessage, jobResultObject, executionTime } = validateBody(UpdateJobDtoV3, body);
    const status =
      jobStatusMessage === undefined
        ? await this.bodies.statusOf(id)
        : { statusCode: jobStatusMessage, statusMessage: jobStatusMessage };
    const change = {
      ...status,
      ...(jobResultObject === undefined ? {} : { jobResultObject }),
      executionTime,
    };
    return jobV3View(await this.updates.patch(caller, id, change, body));
  }

  @Operation('jobsControllerRemoveV3')
  @Delete(':id')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<Fields> {
    gate(this.rules.mayDeleteJobs(caller));
    return jobV3View(await this.queries.remove(id));
  }
}

/** `datasetFields`, `include` and `includeFields`: JSON lists of names, as the archive mock sends them. */
function detailsFrom(query: Fields): Pick<ReturnType<typeof parseLoopbackFilter>, 'projection' | 'include'> {
  const includeFields = listFrom(query['includeFields']);
  const include = listFrom(query['include']).map((relation) => ({
    relation,
    ...(includeFields.length === 0 ? {} : { scope: { fields: includeFields } }),
  }));
  return parseLoopbackFilter(JSON.stringify({ fields: listFrom(query['datasetFields']), include }));
}
