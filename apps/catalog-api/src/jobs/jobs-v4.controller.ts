import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Ip } from '@nestjs/common';
import { FullFacetResponse } from '../answers/common.js';
import { JobClass, PartialOutputJobDto } from '../answers/jobs.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { v4Fields } from '../domain/v4-filter.js';
import { Admits, AdmitsIf, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { idempotencyKeyFrom, isMergePatch } from '../http/request-parts.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { JobRecord } from '../persistence/records.js';
import { JobCreation } from './job-creation.js';
import { mayCreateJobs, mayUpdateJobs } from './job-configuration.provider.js';
import { JobQueries, type PartialJob } from './job-queries.js';
import { jobShape } from './job-shape.js';
import { JobUpdates } from './job-updates.js';
import { jobV4View } from './job-answers.js';
import { CreateJobDto, UpdateJobDto } from './job.dto.js';

type JobAnswer = Omit<JobRecord, 'catena'>;

@Area('jobs v4')
@Controller({ path: 'jobs', version: '4' })
export class JobsV4Controller {
  constructor(
    private readonly creation: JobCreation,
    private readonly updates: JobUpdates,
    private readonly queries: JobQueries,
  ) {}

  @AdmitsIf(mayCreateJobs)
  @Operation('jobsV4ControllerCreateV4', { answer: JobClass })
  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Body() dto: CreateJobDto,
    @Body() request: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Ip() address: string,
  ): Promise<JobAnswer> {
    return jobV4View(
      await this.creation.post(caller, {
        ...dto,
        request,
        address,
        idempotencyKey: idempotencyKeyFrom(key),
      }),
    );
  }

  @SignedIn()
  @Operation('jobsV4ControllerFindAllV4', { answer: [PartialOutputJobDto] })
  @Get()
  list(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<PartialJob[]> {
    return this.queries.list(caller, filter);
  }

  @SignedIn()
  @Operation('jobsV4ControllerFullQueryV4', { answer: [PartialOutputJobDto] })
  @Get('fullquery')
  fullQuery(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<PartialJob[]> {
    return this.queries.list(caller, filter);
  }

  @SignedIn()
  @Operation('jobsV4ControllerFullFacetV4', { answer: [FullFacetResponse] })
  @Get('fullfacet')
  fullFacet(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    return this.queries.facets(caller, v4Fields(fields, jobShape), facets, jobShape);
  }

  @SignedIn()
  @Operation('jobsV4ControllerFindAllDatasetDetailsV4', { answer: [PartialOutputJobDto] })
  @Get('datasetDetails')
  datasetDetails(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<PartialJob[]> {
    return this.queries.list(caller, filter, ['datasetDetails']);
  }

  @SignedIn()
  @Operation('jobsV4ControllerFindOneV4', { answer: PartialOutputJobDto })
  @Get(':id')
  async get(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Query('filter') filter: unknown,
  ): Promise<PartialJob> {
    return this.queries.getWith(caller, id, filter);
  }

  @AdmitsIf(mayUpdateJobs)
  @Operation('jobsV4ControllerUpdateV4', { answer: JobClass })
  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() change: UpdateJobDto,
    @Body() request: unknown,
    @Headers('content-type') contentType: string | undefined,
  ): Promise<JobAnswer> {
    const merges = isMergePatch(contentType);
    return jobV4View(await this.updates.patch(caller, id, change, { request, merges }));
  }

  @Admits(accessTable.job.delete)
  @Operation('jobsV4ControllerRemoveV4')
  @Delete(':id')
  async remove(@Param('id') id: string): Promise<JobAnswer> {
    return jobV4View(await this.queries.remove(id));
  }
}
