import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { JobRetrievals } from './job-retrievals.js';
import { PinReportsConsumer } from './pin-reports.consumer.js';
import { RetrievedCopiesController } from './retrieved-copies.controller.js';

/** Copies that jobs have retrieved: kept for longer, or let go of. */
@Module({
  imports: [EventsModule, JobsModule],
  controllers: [RetrievedCopiesController, PinReportsConsumer],
  providers: [JobRetrievals],
})
export class RetrievedCopiesModule {}
