import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { jobV4View } from '../jobs/job-answers.js';
import type { JobRecord } from '../persistence/records.js';
import { JobRetrievals } from './job-retrievals.js';

/** What becomes of the copies that a finished job has retrieved. Both answer at once; the result of the job tells the rest. */
@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'jobs/:id/retrieval', version: ['3', '4'] })
export class RetrievedCopiesController {
  constructor(private readonly retrievals: JobRetrievals) {}

  /** They stay for longer, with new links, as far as they are still there: nothing is recalled for it. */
  @Operation({ '3': 'retrievedCopiesControllerExtendV3', '4': 'retrievedCopiesControllerExtendV4' })
  @Post('extend')
  @HttpCode(202)
  async extend(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<Omit<JobRecord, 'catena'>> {
    return jobV4View(await this.retrievals.request(caller, id, 'extend'));
  }

  /** They are fetched: they make room for others. */
  @Operation({ '3': 'retrievedCopiesControllerReleaseV3', '4': 'retrievedCopiesControllerReleaseV4' })
  @Post('release')
  @HttpCode(202)
  async release(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<Omit<JobRecord, 'catena'>> {
    return jobV4View(await this.retrievals.request(caller, id, 'release'));
  }
}
