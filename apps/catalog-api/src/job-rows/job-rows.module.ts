import { Module } from '@nestjs/common';
import { DatasetJobsController } from './dataset-jobs.controller.js';
import { JobCounting } from './job-counts.js';
import { JobListing } from './job-listing.js';
import { JobRowReader } from './job-row-reader.js';
import { JobRowsController } from './job-rows.controller.js';
import { UnfinishedMarks } from './unfinished-marks.js';

/** Jobs as rows: lists that stay quick when there are a million of them. */
@Module({
  controllers: [DatasetJobsController, JobRowsController],
  providers: [JobCounting, JobListing, JobRowReader, UnfinishedMarks],
  exports: [JobRowReader],
})
export class JobRowsModule {}
