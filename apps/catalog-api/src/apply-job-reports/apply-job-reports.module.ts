import { Module } from '@nestjs/common';
import { DatablockRegistration } from './datablock-registration.js';
import { DatasetReportsConsumer } from './dataset-reports.consumer.js';
import { DatasetResets } from './dataset-resets.js';
import { FileListComparison } from './file-list-comparison.js';
import { JobSteeringConsumer } from './job-steering.consumer.js';
import { JobReportsConsumer } from './job-reports.consumer.js';
import { JobResults } from './job-results.js';
import { ClaimsModule } from '../claims/claims.module.js';
import { EventsModule } from '../events/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';

/** What job-assembler reports, applied to jobs and datasets. */
@Module({
  imports: [ClaimsModule, EventsModule, JobsModule],
  controllers: [JobReportsConsumer, JobSteeringConsumer, DatasetReportsConsumer],
  providers: [DatablockRegistration, DatasetResets, FileListComparison, JobResults],
  exports: [FileListComparison],
})
export class ApplyJobReportsModule {}
