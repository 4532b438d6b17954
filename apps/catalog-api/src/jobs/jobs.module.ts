import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ClaimsModule } from '../claims/claims.module.js';
import { DatasetsModule } from '../datasets/datasets.module.js';
import { EventsModule } from '../events/events.module.js';
import { AnonymousJobLimits } from './anonymous-job-limits.js';
import { JobActions } from './job-actions.js';
import { JobCreation } from './job-creation.js';
import { JobDatasetLists } from './job-dataset-lists.js';
import { JobDatasets } from './job-datasets.js';
import { JobExtrasController } from './job-extras.controller.js';
import { JobOwners } from './job-owners.js';
import { JobPostings } from './job-postings.js';
import { JobQueries } from './job-queries.js';
import { JobQueues } from './job-queues.js';
import { JobTemplates } from './job-templates.js';
import { JobUpdates } from './job-updates.js';
import { JobV3Bodies } from './job-v3-bodies.js';
import { JobsV3Controller } from './jobs-v3.controller.js';
import { JobsV4Controller } from './jobs-v4.controller.js';

/** SciCat's jobs: posted, changed, listed, cancelled. */
@Module({
  imports: [AccountsModule, ClaimsModule, DatasetsModule, EventsModule],
  controllers: [JobsV3Controller, JobsV4Controller, JobExtrasController],
  providers: [
    AnonymousJobLimits,
    JobActions,
    JobCreation,
    JobDatasetLists,
    JobDatasets,
    JobOwners,
    JobPostings,
    JobQueries,
    JobQueues,
    JobTemplates,
    JobUpdates,
    JobV3Bodies,
  ],
  exports: [JobCreation, JobQueries, JobUpdates],
})
export class JobsModule {}
