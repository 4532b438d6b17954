import { Inject, Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock } from '#kernel';
import { pushRows, type OutboxRow } from '#outbox';
import { isDuplicateKey } from '#persistence';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { JobRefusal } from '../domain/errors.js';
import { cancelStep, lifecycleSteps, type Lifecycle, type LifecycleStep } from '../domain/lifecycle.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { ClaimRecord, DatasetRecord } from '../persistence/records.js';

type ClaimedDataset = Pick<DatasetRecord, 'pid' | 'datasetlifecycle'>;

/** A job's hold on its datasets. The unique index on `exclusive` decides between two jobs at the same instant. */
@Injectable()
export class DatasetClaims {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /**
   * Takes all datasets for the job and marks them scheduled, or none of them.
   *
   * @throws JobRefusal 409 that names the job in the way
   */
  async take(jobId: string, workflow: Workflow, datasets: readonly ClaimedDataset[]): Promise<void> {
    if (workflow === 'none') return;
    await this.checkFlags(workflow, datasets);
    const claims = datasets.map((dataset) => this.claimFor(jobId, workflow, dataset));
    try {
      await this.catalogue.claims.insertMany(claims, { ordered: false });
    } catch (error) {
      await this.catalogue.claims.deleteMany({ jobId });
      if (!isDuplicateKey(error)) throw error;
      await this.releaseOrphans();
      throw await this.conflict(datasets);
    }
    if (workflow === 'verify') return;
    const step = workflow === 'archive' ? lifecycleSteps.archiveScheduled : lifecycleSteps.retrieveScheduled;
    await this.catalogue.datasets.updateMany(
      { pid: { $in: datasets.map(({ pid }) => pid) } },
      { $set: prefixed(step.change) },
    );
  }

  find(jobId: string, pid: string): Promise<ClaimRecord | null> {
    return this.catalogue.claims.findOne({ _id: claimId(jobId, pid) });
  }

  /** Writes a lifecycle step; a report that comes too late finds other words there and changes nothing. */
  async apply(pid: string, { change, expected }: LifecycleStep): Promise<void> {
    const condition =
      expected === undefined ? {} : { [`datasetlifecycle.${expected.field}`]: { $in: [...expected.words] } };
    await this.catalogue.datasets.updateOne(
      { pid, ...condition },
      { $set: { ...prefixed(change), updatedAt: this.clock.now(), updatedBy: 'catena' } },
    );
  }

  /** The dataset's part is over, with the messages to send about it: other jobs may take the dataset now. */
  async end(jobId: string, pid: string, rows: readonly OutboxRow[] = []): Promise<void> {
    const now = this.clock.now();
    const { $push, $set } = pushRows('outbox', rows, now);
    await this.catalogue.claims.updateOne({ _id: claimId(jobId, pid), ended: { $ne: true } }, {
      $set: { ...$set, ended: true },
      $unset: { exclusive: '' },
      $push,
    } as object);
  }

  /** Lets go of all datasets of a job; flags of those whose part never ended are put back. */
  async undo(jobId: string): Promise<void> {
    for await (const claim of this.catalogue.claims.find({ jobId, ended: { $ne: true } }))
      await this.undoOne(claim);
    await this.catalogue.claims.deleteMany({ jobId });
  }

  /** Heals what a crash between claiming and storing the job left behind. */
  async releaseOrphans(): Promise<void> {
    const old = new Date(this.clock.now().getTime() - this.config.orphanClaimAge);
    const orphans = this.catalogue.claims.aggregate<ClaimRecord>([
      { $match: { at: { $lt: old } } },
      { $lookup: { from: 'Job', localField: 'jobId', foreignField: '_id', as: 'job' } },
      { $match: { job: { $size: 0 } } },
      { $project: { job: 0 } },
      { $limit: 1000 },
    ]);
    for await (const claim of orphans) await this.undoOne(claim);
  }

  private async undoOne(claim: ClaimRecord): Promise<void> {
    if (claim.workflow === 'archive' || claim.workflow === 'retrieve')
      await this.apply(claim.pid, cancelStep(claim.workflow, claim.before));
    await this.catalogue.claims.deleteOne({ _id: claim._id });
  }

  /** What a crash left claimed also has its flags down: heal before refusing. */
  private async checkFlags(workflow: Workflow, datasets: readonly ClaimedDataset[]): Promise<void> {
    const flag = workflow === 'archive' ? 'archivable' : 'retrievable';
    const unfit = datasets
      .filter(({ datasetlifecycle }) => datasetlifecycle[flag] !== true)
      .map(({ pid }) => pid);
    if (unfit.length === 0) return;
    await this.releaseOrphans();
    const refused = await this.catalogue.datasets
      .find(
        { pid: { $in: unfit }, [`datasetlifecycle.${flag}`]: { $ne: true } },
        { projection: { pid: 1, datasetlifecycle: 1 } },
      )
      .limit(11)
      .toArray();
    if (refused.length === 0) return;
    const pids = refused.map(({ pid }) => pid);
    const other = await this.catalogue.claims.findOne({ exclusive: { $in: pids } });
    const reason =
      other === null
        ? `status ${refused[0]!.datasetlifecycle.archiveStatusMessage}`
        : `${other.pid} is being worked on by job ${other.jobId}`;
    throw new JobRefusal(
      409,
      `Expected every dataset to be ${flag}, found some that are not, among them ${pids.join(', ')} (${reason}). Leave them out or wait.`,
      { datasets: pids, ...(other === null ? {} : { jobId: other.jobId }) },
    );
  }

  private async conflict(datasets: readonly ClaimedDataset[]): Promise<JobRefusal> {
    const other = await this.catalogue.claims.findOne({ exclusive: { $in: datasets.map(({ pid }) => pid) } });
    if (other === null)
      return new JobRefusal(409, 'Another job held one of the datasets a moment ago. Post again.');
    return new JobRefusal(
      409,
      `Dataset ${other.pid} is being worked on by job ${other.jobId}. Wait for its end, or cancel it.`,
      { jobId: other.jobId, pid: other.pid },
    );
  }

  private claimFor(
    jobId: string,
    workflow: Workflow,
    { pid, datasetlifecycle }: ClaimedDataset,
  ): ClaimRecord {
    const { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage } = datasetlifecycle;
    const before: Partial<Lifecycle> = {
      archivable,
      retrievable,
      archiveStatusMessage,
      retrieveStatusMessage,
    };
    return {
      _id: claimId(jobId, pid),
      jobId,
      pid,
      workflow,
      ...(workflow === 'archive' ? { exclusive: pid } : {}),
      before,
      at: this.clock.now(),
      outbox: { rows: [] },
    };
  }
}

function claimId(jobId: string, pid: string): string {
  return `${jobId}:${pid}`;
}

function prefixed(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(change).map(([field, value]) => [`datasetlifecycle.${field}`, value]),
  );
}
