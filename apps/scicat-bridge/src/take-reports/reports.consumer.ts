import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  datasetArchivedV1,
  datasetCancelledV1,
  datasetCopiesChangedV1,
  datasetFailedV1,
  datasetResetPreparedV1,
  datasetRetrievedV1,
  datasetStartedV1,
  datasetVerifiedV1,
  jobFinishedV1,
  jobProgressedV1,
  jobStartedV1,
  jobSteeredV1,
  type DatasetArchivedV1,
  type DatasetCancelledV1,
  type DatasetCopiesChangedV1,
  type DatasetFailedV1,
  type DatasetResetPreparedV1,
  type DatasetRetrievedV1,
  type DatasetStartedV1,
  type DatasetVerifiedV1,
  type Envelope,
  type JobFinishedV1,
  type JobProgressedV1,
  type JobStartedV1,
  type JobSteeredV1,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { Errands } from '../persistence/errands.js';
import { JobWorker } from '../tell-scicat/job-worker.js';

/** Keeps what job-assembler reports, and answers at once: SciCat is told under a lease, for as long as it takes. */
@Controller()
export class ReportsConsumer {
  constructor(
    private readonly jobs: BridgeJobs,
    private readonly errands: Errands,
    private readonly worker: JobWorker,
    private readonly clock: Clock,
  ) {}

  @Handles(jobStartedV1)
  jobStarted(@Payload() report: Envelope<JobStartedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(jobFinishedV1)
  jobFinished(@Payload() report: Envelope<JobFinishedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetStartedV1)
  started(@Payload() report: Envelope<DatasetStartedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetArchivedV1)
  archived(@Payload() report: Envelope<DatasetArchivedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetRetrievedV1)
  retrieved(@Payload() report: Envelope<DatasetRetrievedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetVerifiedV1)
  verified(@Payload() report: Envelope<DatasetVerifiedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetCopiesChangedV1)
  copiesChanged(@Payload() report: Envelope<DatasetCopiesChangedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetResetPreparedV1)
  resetPrepared(@Payload() report: Envelope<DatasetResetPreparedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetFailedV1)
  failed(@Payload() report: Envelope<DatasetFailedV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(datasetCancelledV1)
  cancelled(@Payload() report: Envelope<DatasetCancelledV1>): Promise<Outcome> {
    return this.keep(report);
  }

  @Handles(jobProgressedV1)
  async progressed(@Payload() { data }: Envelope<JobProgressedV1>): Promise<Outcome> {
    const { jobId, ...progress } = data;
    await this.jobs.takeProgress(jobId, { ...progress, at: this.clock.now() });
    return done;
  }

  /** SciCat has no place for it: operators read it at job-assembler. */
  @Handles(jobSteeredV1)
  steered(@Payload() _report: Envelope<JobSteeredV1>): Promise<Outcome> {
    return Promise.resolve(done);
  }

  /** What lists datablocks, or takes them off the list, needs a job that was posted for it. */
  private async isUnasked({ type, data }: Envelope<{ readonly jobId: string }>): Promise<boolean> {
    const wanted = { [datasetArchivedV1.type]: 'archive', [datasetResetPreparedV1.type]: 'reset' }[type];
    return wanted !== undefined && (await this.jobs.workflowOf(data.jobId)) !== wanted;
  }

  private async keep(report: Envelope<{ readonly jobId: string }>): Promise<Outcome> {
    const { jobId } = report.data;
    if ((await this.jobs.stateOf(jobId)) === undefined)
      return {
        kind: 'dead',
        code: 'bridge.job-unaccepted',
        reason: `Expected a report of a job that the bridge has handed over, found ${report.type} of job ${jobId}, which it does not know: another catalogue's side served this prefix before.`,
      };
    if (await this.isUnasked(report))
      return {
        kind: 'dead',
        code: 'bridge.report-unasked',
        reason: `Expected ${report.type} of a job that is for that, found job ${jobId}, which is not: nothing was told.`,
      };
    await this.errands.add(report);
    crashPoint('bridge.after-report');
    await this.jobs.hear(jobId);
    this.worker.wake();
    return done;
  }
}
