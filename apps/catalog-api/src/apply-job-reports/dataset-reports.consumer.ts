import { Controller, Inject } from '@nestjs/common';
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
  type DatasetArchivedV1,
  type DatasetCancelledV1,
  type DatasetCopiesChangedV1,
  type DatasetFailedV1,
  type DatasetResetPreparedV1,
  type DatasetRetrievedV1,
  type DatasetStartedV1,
  type DatasetVerifiedV1,
  type Envelope,
} from '#contracts';
import { PermanentError } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { cancelStep, failureStep, lifecycleSteps, marks } from '#scicat-words';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import { JobRecords } from '../persistence/job-records.js';
import type { ClaimRecord } from '../persistence/records.js';
import { DatablockRegistration } from './datablock-registration.js';
import { DatasetResets } from './dataset-resets.js';

type Part = Pick<ClaimRecord, 'jobId' | 'pid'>;

/** Applies what job-assembler reports of a dataset. Every step needs the job's open claim, so a late report changes nothing. */
@Controller()
export class DatasetReportsConsumer {
  constructor(
    private readonly claims: DatasetClaims,
    private readonly registration: DatablockRegistration,
    private readonly resets: DatasetResets,
    private readonly records: DatasetClaimRecords,
    private readonly jobs: JobRecords,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Handles(datasetStartedV1)
  started(@Payload() { data }: Envelope<DatasetStartedV1>): Promise<Outcome> {
    return this.whileOpen(data, async (claim) => {
      if (data.workflow === 'archive') await this.claims.apply(claim, lifecycleSteps.archiveStarted);
      if (data.workflow === 'retrieve') await this.claims.apply(claim, lifecycleSteps.retrieveStarted);
    });
  }

  @Handles(datasetArchivedV1)
  archived(@Payload() { data }: Envelope<DatasetArchivedV1>): Promise<Outcome> {
    return this.whileOpen(
      data,
      async (claim) => {
        try {
          await this.registration.register(claim, data);
        } catch (error) {
          if (!(error instanceof PermanentError)) throw error;
          if (await this.registration.refuse(claim, error)) this.logRefusal(data, error);
        }
      },
      () => this.failUnlessOver(data),
    );
  }

  @Handles(datasetRetrievedV1)
  retrieved(@Payload() { data }: Envelope<DatasetRetrievedV1>): Promise<Outcome> {
    return this.whileOpen(data, async (claim) => {
      await this.claims.apply(claim, lifecycleSteps.retrieved);
      await this.records.end(data, []);
    });
  }

  @Handles(datasetVerifiedV1)
  verified(@Payload() { data }: Envelope<DatasetVerifiedV1>): Promise<Outcome> {
    return this.whileOpen(data, () => this.records.end(data, []));
  }

  /** Where copies lie is no business of the dataset's. */
  @Handles(datasetCopiesChangedV1)
  copiesChanged(@Payload() { data }: Envelope<DatasetCopiesChangedV1>): Promise<Outcome> {
    return this.whileOpen(data, () => this.records.end(data, []));
  }

  @Handles(datasetResetPreparedV1)
  async resetPrepared(@Payload() { data }: Envelope<DatasetResetPreparedV1>): Promise<Outcome> {
    const { jobId, pid } = data;
    const held = await this.records.find(data);
    if (held !== undefined && held.workflow !== 'reset')
      return {
        kind: 'dead',
        code: 'catalog.reset-not-asked',
        reason: `Expected a reset of ${pid} to be what job ${jobId} is for, found ${held.workflow}: nothing was taken off the list.`,
      };
    return this.whileOpen(
      data,
      async (claim) => {
        try {
          await this.resets.reset(claim, data);
        } catch (error) {
          if (!(error instanceof PermanentError)) throw error;
          if (await this.resets.refuse(claim, error)) this.logRefusal(data, error);
        }
      },
      async () => {
        if (await this.jobs.isOver(jobId)) return;
        const error = claimMissing(data, 'Its datablocks stay. Post the job again.');
        await this.resets.refuseWithoutClaim(data, error);
        this.logRefusal(data, error);
      },
    );
  }

  @Handles(datasetFailedV1)
  failed(@Payload() { data }: Envelope<DatasetFailedV1>): Promise<Outcome> {
    return this.whileOpen(data, async (claim) => {
      if (marks(data.workflow))
        await this.claims.apply(claim, failureStep(data.workflow, data, claim.before));
      await this.records.end(data, []);
    });
  }

  @Handles(datasetCancelledV1)
  cancelled(@Payload() { data }: Envelope<DatasetCancelledV1>): Promise<Outcome> {
    return this.whileOpen(data, async (claim) => {
      if (marks(data.workflow)) await this.claims.apply(claim, cancelStep(data.workflow, claim.before));
      await this.records.end(data, []);
    });
  }

  /** Without its claim a running job has lost the dataset, perhaps to another job: its part fails, once and for all. */
  private async failUnlessOver(report: DatasetArchivedV1): Promise<void> {
    if (await this.jobs.isOver(report.jobId)) return;
    const error = claimMissing(report, 'Its datablocks are discarded. Archive the dataset again.');
    await this.registration.refuseWithoutClaim(report, error);
    this.logRefusal(report, error);
  }

  private logRefusal({ jobId, pid }: Part, error: PermanentError): void {
    this.logger.error(
      { jobId, pid, code: error.code, error: error.message },
      'the datablocks of a dataset are not as its job needs them; the job fails',
    );
  }

  private async whileOpen(
    part: Part,
    step: (claim: ClaimRecord) => Promise<void>,
    withoutClaim: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Outcome> {
    const claim = await this.records.find(part);
    if (claim === undefined) await withoutClaim();
    else if (claim.ended !== true) await step(claim);
    return done;
  }
}

function claimMissing({ jobId, pid }: Part, advice: string): PermanentError {
  return new PermanentError(
    'catalog.claim-missing',
    `Expected a hold of job ${jobId} on dataset ${pid}, found none. ${advice}`,
  );
}
