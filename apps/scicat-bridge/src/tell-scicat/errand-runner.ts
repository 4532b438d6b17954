import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
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
  jobStartedV1,
  type DatasetArchivedV1,
  type DatasetFailedV1,
  type DatasetResetPreparedV1,
  type DatasetResultLine,
  type JobFinishedV1,
  type JobStartedV1,
} from '#contracts';
import { PermanentError, stillMoving } from '#kernel';
import { cancelStep, failureStep, finalWordOf, lifecycleSteps, marks, resultObjectOf } from '#scicat-words';
import type { Lease } from '../domain/lease.js';
import type { BridgeJob, BridgePart, Errand } from '../persistence/records.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { DatablockRegistration } from './datablock-registration.js';
import { DatasetResets } from './dataset-resets.js';
import { DatasetWords } from './dataset-words.js';
import { JobWords } from './job-words.js';

type Step = (part: BridgePart, errand: Errand, lease: Lease) => Promise<void>;

/** Tells SciCat one thing. Each can be told again: a crash anywhere is healed by the next try. */
@Injectable()
export class ErrandRunner {
  private readonly steps: Readonly<Record<string, Step>> = {
    [datasetStartedV1.type]: (part, _, lease) => this.started(part, lease),
    [datasetArchivedV1.type]: (part, { data }, lease) =>
      this.registration.register(part, data as unknown as DatasetArchivedV1, lease),
    [datasetRetrievedV1.type]: (part, _, lease) => this.retrieved(part, lease),
    [datasetVerifiedV1.type]: (part) => this.parts.end(part),
    [datasetCopiesChangedV1.type]: (part) => this.parts.end(part),
    [datasetResetPreparedV1.type]: (part, { data }, lease) =>
      this.resets.reset(part, data as unknown as DatasetResetPreparedV1, lease),
    [datasetFailedV1.type]: (part, { data }, lease) =>
      this.failed(part, data as unknown as DatasetFailedV1, lease),
    [datasetCancelledV1.type]: (part, _, lease) => this.undo(part, lease),
  };

  constructor(
    private readonly parts: BridgeParts,
    private readonly words: DatasetWords,
    private readonly jobWords: JobWords,
    private readonly registration: DatablockRegistration,
    private readonly resets: DatasetResets,
    private readonly claimChecks: ClaimChecks,
  ) {}

  /** Of a dataset: nothing where its part has ended. @throws PermanentError `bridge.part-missing` */
  async tellOfDataset(errand: Errand, lease: Lease): Promise<void> {
    const { jobId, pid = '' } = errand;
    const part = await this.parts.find({ jobId, pid });
    if (part === undefined)
      throw new PermanentError(
        'bridge.part-missing',
        `Expected dataset ${pid} among those of job ${jobId}, found that the bridge does not know it: report it.`,
      );
    if (part.ended !== true) await this.steps[errand.type]?.(part, errand, lease);
  }

  async tellOfStart(job: BridgeJob, { data }: Errand, lease: Lease): Promise<void> {
    const { datasets, bytes } = data as unknown as JobStartedV1;
    const statusMessage = `Working on ${datasets} dataset(s), ${bytes} bytes.`;
    await this.jobWords.tell(job, { statusCode: 'inProgress', statusMessage }, lease);
  }

  /** Datasets first: whoever reads the end of the job finds them as they are. */
  async tellOfEnd(job: BridgeJob, { data }: Errand, lease: Lease): Promise<JobFinishedV1['outcome']> {
    const report = data as unknown as JobFinishedV1;
    for await (const part of this.parts.openOf(job._id)) {
      await this.undo(part, lease);
      stillMoving();
    }
    const lines =
      report.result === undefined
        ? undefined
        : await this.claimChecks.readLines<DatasetResultLine>(report.result);
    const left = job.leftAloneCount ?? 0;
    const remark =
      left === 0
        ? ''
        : ` ${left} field(s) that others changed meanwhile were left as they are (operations/bridge/jobs/${job._id}).`;
    await this.jobWords.tell(
      job,
      {
        statusCode: finalWordOf(report.outcome),
        statusMessage: `${report.message}${remark}`,
        jobResultObject: resultObjectOf(report, lines),
      },
      lease,
    );
    return report.outcome;
  }

  /** A dataset that a job waits for says so. */
  async schedule(part: BridgePart, lease: Lease): Promise<void> {
    const step = {
      ...{ archive: lifecycleSteps.archiveScheduled, retrieve: lifecycleSteps.retrieveScheduled },
      reset: lifecycleSteps.resetScheduled,
    };
    if (marks(part.workflow)) await this.words.tell(part, step[part.workflow].change, lease);
    await this.parts.note(part, { scheduled: true });
  }

  private async started(part: BridgePart, lease: Lease): Promise<void> {
    if (part.workflow === 'archive') await this.words.tell(part, lifecycleSteps.archiveStarted.change, lease);
    if (part.workflow === 'retrieve')
      await this.words.tell(part, lifecycleSteps.retrieveStarted.change, lease);
  }

  private async retrieved(part: BridgePart, lease: Lease): Promise<void> {
    await this.words.tell(part, lifecycleSteps.retrieved.change, lease);
    await this.parts.end(part);
  }

  private async failed(part: BridgePart, fault: DatasetFailedV1, lease: Lease): Promise<void> {
    if (marks(part.workflow))
      await this.words.tell(part, failureStep(part.workflow, fault, beforeOf(part)).change, lease);
    await this.parts.end(part);
  }

  private async undo(part: BridgePart, lease: Lease): Promise<void> {
    if (marks(part.workflow))
      await this.words.tell(part, cancelStep(part.workflow, beforeOf(part)).change, lease);
    await this.parts.end(part);
  }
}

function beforeOf({ before, restored }: BridgePart) {
  return { ...before, ...restored };
}

export const endOfJob = jobFinishedV1.type;
export const startOfJob = jobStartedV1.type;
