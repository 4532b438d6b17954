import { Controller, Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { limitFrom, refuseUnknown } from '../job-rows/row-filter.js';
import { JobOverviews, type JobOverview } from './job-overview.js';

const known = new Set(['after', 'limit']);

@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'jobs/:id', version: '4' })
export class JobOverviewController {
  constructor(private readonly overviews: JobOverviews) {}

  /** The job's row, who cancels it, its retries, a page of its datasets, and its messages that nobody has accepted yet. */
  @Operation('jobOverviewControllerFindV4', {
    query: { limit: 'Datasets of a page: 1 to 200; 50 without.', after: '`next` of the page before.' },
  })
  @Get('overview')
  find(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
  ): Promise<JobOverview> {
    refuseUnknown(query, known);
    return this.overviews.of(caller, id, { after: query['after'], limit: limitFrom(query['limit']) });
  }
}
