import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  jobFinishedV1,
  jobProgressedV1,
  jobStartedV1,
  type Envelope,
  type JobFinishedV1,
  type JobProgressedV1,
  type JobStartedV1,
} from '#contracts';
import { Clock } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { finalWordOf } from '#scicat-words';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { JobChanges } from '../events/job-changes.js';
import { JobUpdates } from '../jobs/job-updates.js';
import { noteJobEnd } from '../counters/catalog-counters.js';
import { JobRecords } from '../persistence/job-records.js';
import { JobResults } from './job-results.js';

/** Applies what job-assembler reports of a job, in the words of SciCat. */
@Controller()
export class JobReportsConsumer {
  constructor(
    private readonly updates: JobUpdates,
    private readonly claims: DatasetClaims,
    private readonly results: JobResults,
    private readonly jobs: JobRecords,
    private readonly news: JobChanges,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Handles(jobStartedV1)
  async started(@Payload() { data, sequence }: Envelope<JobStartedV1>): Promise<Outcome> {
    await this.updates.report(
      data.jobId,
      sequence,
      {
        statusCode: 'inProgress',
        statusMessage: `Working on ${data.datasets} dataset(s), ${data.bytes} bytes.`,
      },
      false,
    );
    return done;
  }

  @Handles(jobProgressedV1)
  async progressed(@Payload() { data }: Envelope<JobProgressedV1>): Promise<Outcome> {
    const { jobId, ...progress } = data;
    await this.jobs.takeProgress(jobId, { ...progress, at: this.clock.now() });
    this.news.tell(jobId);
    return done;
  }

  @Handles(jobFinishedV1)
  async finished(@Payload() { data, sequence }: Envelope<JobFinishedV1>): Promise<Outcome> {
    await this.claims.undo(data.jobId);
    const jobResultObject = await this.results.resultObjectOf(data);
    const ended = await this.updates.report(
      data.jobId,
      sequence,
      { statusCode: finalWordOf(data.outcome), statusMessage: data.message, jobResultObject },
      true,
      data.mail,
    );
    if (ended === undefined) return done;
    const { type, createdAt } = ended;
    const { outcome } = data;
    noteJobEnd({ type, outcome }, (this.clock.now().getTime() - createdAt.getTime()) / 1000);
    this.logger.info({ type, outcome }, 'job is over');
    return done;
  }
}
