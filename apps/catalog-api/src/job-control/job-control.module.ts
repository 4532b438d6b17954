import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { JobRowsModule } from '../job-rows/job-rows.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { JobControlController } from './job-control.controller.js';
import { JobOverviewController } from './job-overview.controller.js';
import { JobOverviews } from './job-overview.js';
import { AuditedJobs } from './audited-jobs.js';
import { CatalogFacts } from './catalog-facts.js';
import { JobRetries } from './job-retries.js';

/** Cancelling and retrying jobs. */
@Module({
  imports: [EventsModule, JobRowsModule, JobsModule],
  controllers: [JobControlController, JobOverviewController],
  providers: [AuditedJobs, CatalogFacts, JobOverviews, JobRetries],
})
export class JobControlModule {}
