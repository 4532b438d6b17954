import { Body, Controller, Delete, Get, Headers, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { mayCallCreate, mayCallUpdate } from '../domain/job-rules.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { validateBody } from '../http/validate-body.js';
import type { JobRecord } from '../persistence/records.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobCreation } from './job-creation.js';
import { JobQueries } from './job-queries.js';
import { JobUpdates } from './job-updates.js';
import { jobV4View } from './job-views.js';
import { CreateJobV4Dto, UpdateJobV4Dto } from './job.dto.js';

type JobView = Omit<JobRecord, 'catena'>;

@Controller({ path: 'jobs', version: '4' })
export class JobsV4Controller {
  constructor(
    private readonly creation: JobCreation,
    private readonly updates: JobUpdates,
    private readonly queries: JobQueries,
    private readonly rules: AccessRules,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: unknown,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
  ): Promise<JobView> {
    gate(mayCallCreate(this.rules, caller, this.configuration));
    const dto = validateBody(CreateJobV4Dto, body);
    return jobV4View(
      await this.creation.create(caller, {
        ...dto,
        request: body,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
    );
  }

  @Get()
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: string | undefined,
  ): Promise<JobView[]> {
    gate(caller !== undefined);
    return this.queries.list(signedIn(caller), filter);
  }

  @Get(':id')
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<JobView> {
    gate(caller !== undefined);
    return jobV4View(await this.queries.get(signedIn(caller), id));
  }

  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<JobView> {
    gate(mayCallUpdate(this.rules, caller, this.configuration));
    return jobV4View(await this.updates.patch(caller, id, validateBody(UpdateJobV4Dto, body), body));
  }

  @Delete(':id')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<JobView> {
    gate(this.rules.mayDeleteJobs(caller));
    return jobV4View(await this.queries.remove(id));
  }
}
