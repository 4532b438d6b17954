import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Ip,
} from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { mayCallCreate, mayCallUpdate } from '../domain/job-rules.js';
import { v4Fields } from '../domain/v4-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { idempotencyKeyFrom, isMergePatch } from '../http/request-parts.js';
import { validateBody } from '../http/validate-body.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { JobRecord } from '../persistence/records.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobCreation } from './job-creation.js';
import { JobQueries, type PartialJob } from './job-queries.js';
import { jobShape } from './job-shape.js';
import { JobUpdates } from './job-updates.js';
import { jobV4View } from './job-views.js';
import { CreateJobDto, UpdateJobDto } from './job.dto.js';

type JobView = Omit<JobRecord, 'catena'>;

@Area('jobs v4')
@Controller({ path: 'jobs', version: '4' })
export class JobsV4Controller {
  constructor(
    private readonly creation: JobCreation,
    private readonly updates: JobUpdates,
    private readonly queries: JobQueries,
    private readonly rules: AccessRules,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  @Operation('jobsV4ControllerCreateV4', { body: CreateJobDto, answer: 'JobClass' })
  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Ip() address: string,
  ): Promise<JobView> {
    gate(mayCallCreate(this.rules, caller, this.configuration));
    const dto = validateBody(CreateJobDto, body);
    return jobV4View(
      await this.creation.create(caller, {
        ...dto,
        request: body,
        address,
        idempotencyKey: idempotencyKeyFrom(key),
      }),
    );
  }

  @Operation('jobsV4ControllerFindAllV4', { answer: ['PartialOutputJobDto'] })
  @Get()
  list(@CurrentCaller() caller: Caller | undefined, @Query('filter') filter: unknown): Promise<PartialJob[]> {
    gate(caller !== undefined);
    return this.queries.list(signedIn(caller), filter);
  }

  @Operation('jobsV4ControllerFullQueryV4', { answer: ['PartialOutputJobDto'] })
  @Get('fullquery')
  fullQuery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<PartialJob[]> {
    gate(caller !== undefined);
    return this.queries.list(signedIn(caller), filter);
  }

  @Operation('jobsV4ControllerFullFacetV4', { answer: ['FullFacetResponse'] })
  @Get('fullfacet')
  fullFacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    gate(caller !== undefined);
    return this.queries.facets(signedIn(caller), v4Fields(fields, jobShape), facets, jobShape);
  }

  @Operation('jobsV4ControllerFindAllDatasetDetailsV4', { answer: ['PartialOutputJobDto'] })
  @Get('datasetDetails')
  datasetDetails(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<PartialJob[]> {
    gate(caller !== undefined);
    return this.queries.list(signedIn(caller), filter, ['datasetDetails']);
  }

  @Operation('jobsV4ControllerFindOneV4', { answer: 'PartialOutputJobDto' })
  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Query('filter') filter: unknown,
  ): Promise<PartialJob> {
    gate(caller !== undefined);
    return this.queries.getWith(signedIn(caller), id, filter);
  }

  @Operation('jobsV4ControllerUpdateV4', { body: UpdateJobDto, answer: 'JobClass' })
  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
  ): Promise<JobView> {
    gate(mayCallUpdate(this.rules, caller, this.configuration));
    const change = validateBody(UpdateJobDto, body);
    const merges = isMergePatch(contentType);
    return jobV4View(await this.updates.patch(caller, id, change, { request: body, merges }));
  }

  @Operation('jobsV4ControllerRemoveV4')
  @Delete(':id')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<JobView> {
    gate(this.rules.mayDeleteJobs(caller));
    return jobV4View(await this.queries.remove(id));
  }
}
