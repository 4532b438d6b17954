import { Module } from '@nestjs/common';
import { JobListing } from './job-listing.js';
import { JobRowReader } from './job-row-reader.js';
import { JobRowsController } from './job-rows.controller.js';
import { UnfinishedMarks } from './unfinished-marks.js';

/** Jobs as rows: lists that stay quick when there are a million of them. */
@Module({
  controllers: [JobRowsController],
  providers: [JobListing, JobRowReader, UnfinishedMarks],
  exports: [JobRowReader],
})
export class JobRowsModule {}
