import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { JobRowsModule } from '../job-rows/job-rows.module.js';
import { EventStreams } from './event-streams.js';
import { EventTickets } from './event-tickets.js';
import { EventsController } from './events.controller.js';
import { JobFeed } from './job-feed.js';
import { JobChanges } from './job-changes.js';
import { JobWatchers } from './job-watchers.js';
import { OpenStreams } from './open-streams.js';
import { ShownTexts } from './shown-texts.js';

/** What open pages are told of jobs, while it happens. */
@Module({
  imports: [AccountsModule, JobRowsModule],
  controllers: [EventsController],
  providers: [EventStreams, EventTickets, JobFeed, JobChanges, JobWatchers, OpenStreams, ShownTexts],
  exports: [EventStreams, JobChanges, OpenStreams],
})
export class EventsModule {}
