import { Controller, Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { BadRequest } from '../domain/errors.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { JobListing, type RowPage } from './job-listing.js';
import { rowQueryFrom } from './row-filter.js';

@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'datasets/:pid/jobs', version: '4' })
export class DatasetJobsController {
  constructor(private readonly listing: JobListing) {}

  /** The jobs of a dataset that the caller may see: as `GET /jobs/rows`, with all its filters. */
  @Operation('datasetJobsControllerRowsV4')
  @Get()
  rows(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Query() query: Record<string, unknown>,
  ): Promise<RowPage> {
    if ('pid' in query) throw new BadRequest('Expected no pid in the query, found one: the path names it.');
    return this.listing.page(caller, rowQueryFrom({ ...query, pid }));
  }
}
