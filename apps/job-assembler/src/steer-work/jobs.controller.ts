import { Body, Controller, Get, Headers, Param, Put, Res, UsePipes, ValidationPipe } from '@nestjs/common';
import { Clock } from '#kernel';
import { named, type Operator } from '#operations';
import { ActingOperator, Operators } from '#service-host';
import { JobView, type JobAnswer } from './job-view.js';
import { notPossible, refuse, versionIn } from './refusals.js';
import { SteeringActions } from './steering-actions.js';
import { DeferDto, PriorityDto, timeToCome } from './steering.dto.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/** What operators see of a job, and say of it. */
@Operators()
@UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }))
@Controller({ path: 'operations/jobs', version: '4' })
export class JobsController {
  constructor(
    private readonly actions: SteeringActions,
    private readonly view: JobView,
    private readonly clock: Clock,
  ) {}

  @Get(':id')
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: Reply): Promise<JobAnswer> {
    const job = await this.view.of(id);
    reply.header('ETag', `"${job.version}"`);
    return job;
  }

  @Put(':id/priority')
  async prioritise(
    @Param('id') id: string,
    @Body() { priority, by, reason }: PriorityDto,
    @ActingOperator() operator: Operator,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<JobAnswer> {
    const spoken = { operator: named(operator, by), reason };
    await this.actions.prioritise(id, priority, versionIn(ifMatch), spoken);
    return this.get(id, reply);
  }

  @Put(':id/defer')
  async defer(
    @Param('id') id: string,
    @Body() { until, by, reason }: DeferDto,
    @ActingOperator() operator: Operator,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<JobAnswer> {
    const spoken = { operator: named(operator, by), reason };
    await this.actions.defer(id, this.timeOf(until), versionIn(ifMatch), spoken);
    return this.get(id, reply);
  }

  private timeOf(until: string | null): Date | undefined {
    if (until === null) return undefined;
    const at = timeToCome(until, this.clock.now());
    if (at === undefined)
      throw refuse(notPossible, `Expected in until a time to come, within a year, or null, found ${until}.`);
    return at;
  }
}
