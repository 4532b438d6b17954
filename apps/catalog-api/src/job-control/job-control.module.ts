import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { JobControlController } from './job-control.controller.js';
import { JobRetries } from './job-retries.js';

/** Cancelling and retrying jobs. */
@Module({
  imports: [EventsModule, JobsModule],
  controllers: [JobControlController],
  providers: [JobRetries],
})
export class JobControlModule {}
