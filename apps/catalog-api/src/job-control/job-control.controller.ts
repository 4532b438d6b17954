import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { jobV4View } from '../jobs/job-answers.js';
import { CancelJobDto } from '../jobs/job.dto.js';
import type { JobRecord } from '../persistence/records.js';
import { AuditedJobs } from './audited-jobs.js';

type JobAnswer = Omit<JobRecord, 'catena'>;

/** What people do to jobs beside what SciCat knows: end them, and do again what failed. */
@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'jobs/:id', version: ['3', '4'] })
export class JobControlController {
  constructor(private readonly jobs: AuditedJobs) {}

  /** Of a job of others with a `reason`, of 3 to 500 characters, which its owner reads. */
  @Operation(
    { '3': 'jobExtrasControllerCancelV3', '4': 'jobExtrasControllerCancelV4' },
    { body: CancelJobDto },
  )
  @Post('cancel')
  @HttpCode(202)
  async cancel(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: RequestWithCaller,
  ): Promise<JobAnswer> {
    const { reason } = validateBody(CancelJobDto, body ?? {});
    return jobV4View(await this.jobs.cancel(caller, request, id, reason));
  }

  /** A child job for the datasets that failed; what was archived and verified of them is used again. */
  @Operation({ '3': 'jobExtrasControllerRetryV3', '4': 'jobExtrasControllerRetryV4' })
  @Post('retry')
  async retry(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Req() request: RequestWithCaller,
  ): Promise<JobAnswer> {
    return jobV4View(await this.jobs.retry(caller, request, id));
  }
}
