import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '#kernel';
import type { Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { RequestSessions } from '../accounts/request-sessions.js';
import { EventStreams } from '../events/event-streams.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import type { JobHistoryEntry, JobRecord } from '../persistence/records.js';
import { JobCreation } from './job-creation.js';
import { JobQueries } from './job-queries.js';
import { JobUpdates } from './job-updates.js';
import { jobV4View } from './job-answers.js';
import { jobWaits } from './job-waiting.js';

/** What Catena adds to SciCat's jobs: history, live progress, cancel, retry. */
@SignedIn()
@Area('jobs (Catena)')
@Controller({ path: 'jobs/:id', version: ['3', '4'] })
export class JobExtrasController {
  constructor(
    private readonly queries: JobQueries,
    private readonly updates: JobUpdates,
    private readonly creation: JobCreation,
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
    const { waitsFor: _for, waits: _codes, reasons: _facts, ...progress } = job.catena?.progress ?? {};
    const found = Object.entries(jobWaits(job, this.clock.now().getTime()));
    return { ...progress, ...Object.fromEntries(found.filter(([, words]) => words.length > 0)) };
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

  @Operation({ '3': 'jobExtrasControllerCancelV3', '4': 'jobExtrasControllerCancelV4' })
  @Post('cancel')
  @HttpCode(202)
  async cancel(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<Omit<JobRecord, 'catena'>> {
    return jobV4View(await this.updates.cancel(caller, id));
  }

  /** A child job for the datasets that failed; what was archived and verified of them is used again. */
  @Operation({ '3': 'jobExtrasControllerRetryV3', '4': 'jobExtrasControllerRetryV4' })
  @Post('retry')
  async retry(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<Omit<JobRecord, 'catena'>> {
    const job = await this.queries.get(caller, id);
    // Jobs of an older SciCat may have no result at all.
    const result = job.jobResultObject as { bad?: { pid: string }[] } | undefined;
    const failed = result?.bad ?? [];
    if (job.catena?.finished !== true || failed.length === 0)
      throw new JobRefusal(409, `Job ${id} has no failed datasets to retry (status ${job.statusCode}).`);
    const pids = new Set(failed.map(({ pid }) => pid));
    const datasetList = (job.jobParams['datasetList'] as { pid: string }[]).filter(({ pid }) =>
      pids.has(pid),
    );
    const { ownerUser, ownerGroup, contactEmail, type, catena } = job;
    const own = {
      ...(ownerUser === undefined ? {} : { ownerUser }),
      ...(ownerGroup === undefined ? {} : { ownerGroup }),
    };
    return jobV4View(
      await this.creation.create(caller, {
        type,
        jobParams: { ...job.jobParams, datasetList },
        ...own,
        contactEmail,
        request: {},
        ...(catena.initiator === undefined ? {} : { initiator: catena.initiator }),
        retryOf: id,
      }),
    );
  }
}
