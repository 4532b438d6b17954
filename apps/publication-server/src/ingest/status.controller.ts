import { Controller, Get } from '@nestjs/common';
import { Clock } from '#kernel';
import type { PublicSide } from '#publication-feed';
import { buildOf, DatabasePulse } from '#service-host';
import { activeDownloads } from '../counters/server-counters.js';
import { Pushed } from './pushed.decorator.js';
import { RecallFeed } from './recall-feed.service.js';

/** How this side is, for the publisher, who shows it to operators: they do not reach the DMZ. */
@Controller('status')
@Pushed()
export class StatusController {
  private readonly started: Date;

  constructor(
    private readonly pulse: DatabasePulse,
    private readonly recalls: RecallFeed,
    private readonly clock: Clock,
  ) {
    this.started = clock.now();
  }

  /** Without the database it answers all the same, and counts nothing. */
  @Get()
  async status(): Promise<PublicSide> {
    await this.pulse.upToDate();
    const { up } = this.pulse;
    return {
      version: buildOf().version,
      ...{ started: this.started.toISOString(), now: this.clock.now().toISOString() },
      ...{ database: up ? ('up' as const) : ('down' as const), downloads: activeDownloads() },
      recallsWaiting: up ? await this.recalls.countOpen() : 0,
    };
  }
}
