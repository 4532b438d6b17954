import { EventStreams } from './events/event-streams.js';
import { JobFeed } from './events/job-feed.js';
import { JobWatchers } from './events/job-watchers.js';
import { OpenStreams } from './events/open-streams.js';
import { ShownTexts } from './events/shown-texts.js';
import { EventTickets } from './events/event-tickets.js';
import { EventsController } from './events/events.controller.js';
import { HistoryController } from './history/history.controller.js';
import { HistoryQueries } from './history/history.service.js';
import { LogbooksController } from './logbooks/logbooks.controller.js';
import { Logbooks } from './logbooks/logbooks.service.js';
import { AdminController, RuntimeConfigController } from './runtime-config/runtime-config.controller.js';
import { RuntimeConfigs } from './runtime-config/runtime-config.service.js';
import { Metrics } from './metrics/metrics.service.js';
import { MetricsController } from './metrics/metrics.controller.js';

/** What stands around the catalogue: settings of the frontend, history, logbooks, events, metrics. */
export const surroundingsParts = {
  controllers: [
    AdminController,
    EventsController,
    HistoryController,
    LogbooksController,
    MetricsController,
    RuntimeConfigController,
  ],
  providers: [
    EventStreams,
    EventTickets,
    HistoryQueries,
    JobFeed,
    JobWatchers,
    OpenStreams,
    ShownTexts,
    Logbooks,
    Metrics,
    RuntimeConfigs,
  ],
};
