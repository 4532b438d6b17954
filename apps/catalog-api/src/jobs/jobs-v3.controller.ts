import { Body, Controller, Delete, Get, Headers, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { mayCallCreate, mayCallUpdate } from '../domain/job-rules.js';
import { parseJsonObject } from '../domain/loopback-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { validateBody } from '../http/validate-body.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobCreation } from './job-creation.js';
import { JobQueries } from './job-queries.js';
import { JobUpdates } from './job-updates.js';
import { JobV3Bodies } from './job-v3-bodies.js';
import { jobV3View } from './job-views.js';
import { UpdateJobV3Dto } from './job.dto.js';

type Fields = Record<string, unknown>;

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

  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: string | undefined,
  ): Promise<Fields[]> {
    gate(caller !== undefined);
    const parsed = parseJsonObject(filter, 'filter');
    const unexpected = Object.keys(parsed).find((key) => key !== 'include' && key !== 'fields');
    if (unexpected !== undefined)
      throw new JobRefusal(400, `Property ${unexpected} should not exist in the filter object`);
    return (await this.queries.list(signedIn(caller), undefined)).map((job) => jobV3View(job));
  }

  @Get(':id')
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<Fields> {
    gate(caller !== undefined);
    return jobV3View(await this.queries.get(signedIn(caller), id));
  }

  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<Fields> {
    gate(mayCallUpdate(this.rules, caller, this.configuration));
    const { jobStatusMessage, jobResultObject, executionTime } = validateBody(UpdateJobV3Dto, body);
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

  @Delete(':id')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<Fields> {
    gate(this.rules.mayDeleteJobs(caller));
    return jobV3View(await this.queries.remove(id));
  }
}
