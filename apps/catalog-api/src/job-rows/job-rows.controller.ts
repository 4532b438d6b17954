import { Controller, Get, Query } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { JobCounting, type JobCounts } from './job-counts.js';
import { JobListing, type RowPage } from './job-listing.js';
import { refuseUnknown, rowQueryFrom } from './row-filter.js';

/** Jobs as operators and users look at them: short rows of long lists. */
@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'jobs', version: '4' })
export class JobRowsController {
  constructor(
    private readonly listing: JobListing,
    private readonly counting: JobCounting,
  ) {}

  /** The newest first, page by page; at most two seconds of looking for one page. */
  @Operation('jobRowsControllerRowsV4', {
    query: {
      status: 'Status codes, each in a parameter of its own.',
      unfinished: '`true`: jobs that are not over.',
      type: 'Job types, each in a parameter of its own.',
      group: 'Owner groups, each in a parameter of its own.',
      user: 'Owners, each in a parameter of its own.',
      pid: 'A dataset of the job.',
      text: 'Words of the job, as in a search of SciCat.',
      from: 'Posted at this time or later.',
      to: 'Posted before this time.',
      limit: '1 to 200; 50 without.',
      after: '`next` of the page before.',
    },
  })
  @Get('rows')
  rows(@SignedInCaller() caller: Caller, @Query() query: Record<string, unknown>): Promise<RowPage> {
    return this.listing.page(caller, rowQueryFrom(query));
  }

  /** Unfinished jobs by type and status, and those that ended in the last 24 hours. */
  @Operation('jobRowsControllerCountsV4')
  @Get('counts')
  counts(@SignedInCaller() caller: Caller, @Query() query: Record<string, unknown>): Promise<JobCounts> {
    refuseUnknown(query, new Set());
    return this.counting.counts(caller);
  }
}
