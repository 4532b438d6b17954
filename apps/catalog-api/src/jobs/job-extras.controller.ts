import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '#kernel';
import type { Caller } from '../domain/access.js';
import { RequestSessions } from '../accounts/request-sessions.js';
import { EventStreams } from '../events/event-streams.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import type { JobHistoryEntry } from '../persistence/records.js';
import { JobQueries } from './job-queries.js';
import { shownProgress } from '../job-rows/job-row.js';
import { jobWaits } from './job-waiting.js';

/** What Catena adds to SciCat's jobs: history and live progress. */
@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'jobs/:id', version: ['3', '4'] })
export class JobExtrasController {
  constructor(
    private readonly queries: JobQueries,
    private readonly streams: EventStreams,
    private readonly sessions: RequestSessions,
    private readonly clock: Clock,
  ) {}

  @Operation({ '3': 'jobExtrasControllerHistoryV3', '4': 'jobExtrasControllerHistoryV4' })
  @Get('history')
  async history(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<readonly JobHistoryEntry[]> {
    return (await this.queries.get(caller, id)).catena?.history ?? [];
  }

  /** Bytes done of total, of jobs that Catena runs, and what they wait for (`waitsFor`; with facts: `reasons`); empty before the first report. */
  @Operation({ '3': 'jobExtrasControllerProgressV3', '4': 'jobExtrasControllerProgressV4' })
  @Get('progress')
  async progress(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    const job = await this.queries.get(caller, id);
    const found = Object.entries(jobWaits(job, this.clock.now().getTime()));
    return { ...shownProgress(job), ...Object.fromEntries(found.filter(([, words]) => words.length > 0)) };
  }

  /** Server-sent events: `status` and `progress` until the job's end, then `end`. */
  @Operation({ '3': 'jobExtrasControllerEventsV3', '4': 'jobExtrasControllerEventsV4' })
  @Get('events')
  async events(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Req() request: RequestWithCaller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.queries.get(caller, id);
    this.streams.openForJob(job, this.sessions.of(request), caller, reply);
  }
}
