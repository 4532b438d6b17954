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

/** Datasets that a refusal names. */
const mostNamed = 11;

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
   * @throws JobRefusal 409 that names the job in the way; 503 while a hold cannot be told from what a crash left
   */
  async take(jobId: string, workflow: Workflow, datasets: readonly ClaimedDataset[]): Promise<void> {
    if (workflow === 'none') return;
    const fit = await this.fitOf(workflow, datasets);
    if (!(await this.claimAll(jobId, workflow, fit))) {
      // Once more without what a crash left behind; flags are read anew, for they were part of it.
      await this.releaseOrphans();
      const anew = await this.fitOf(workflow, await this.current(datasets));
      if (!(await this.claimAll(jobId, workflow, anew))) throw await this.conflict(datasets);
    }
    if (workflow === 'verify') return;
    await this.schedule(jobId, workflow, datasets);
  }

  count(jobId: string): Promise<number> {
    return this.catalogue.claims.countDocuments({ jobId });
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

  /** A message about a dataset that is still held. */
  async tell(jobId: string, pid: string, row: OutboxRow): Promise<void> {
    const { $push, $set } = pushRows('outbox', [row], this.clock.now());
    await this.catalogue.claims.updateOne(
      { _id: claimId(jobId, pid), ended: { $ne: true } },
      {
        $set,
        $push,
      },
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
    const now = this.clock.now();
    const orphans = this.catalogue.claims.aggregate<ClaimRecord>([
      { $match: { at: { $lt: new Date(now.getTime() - this.config.orphanClaimAge) } } },
      { $lookup: { from: 'Job', localField: 'jobId', foreignField: '_id', as: 'job' } },
      { $match: { job: { $size: 0 } } },
      { $project: { job: 0 } },
      { $limit: 1000 },
    ]);
    for await (const claim of orphans) {
      // Whoever makes it young again undoes it: a second one would put flags back under the next job.
      const { modifiedCount } = await this.catalogue.claims.updateOne(
        { _id: claim._id, at: claim.at },
        { $set: { at: now } },
      );
      if (modifiedCount === 1) await this.undoOne(claim);
    }
  }

  /** @param expected flags are put back only where they say this */
  private async undoOne(claim: ClaimRecord, expected?: LifecycleStep['expected']): Promise<void> {
    if (claim.workflow === 'archive' || claim.workflow === 'retrieve')
      await this.apply(claim.pid, {
        ...cancelStep(claim.workflow, claim.before),
        ...(expected === undefined ? {} : { expected }),
      });
    await this.catalogue.claims.deleteOne({ _id: claim._id });
  }

  /** False when another job holds one of them. */
  private async claimAll(
    jobId: string,
    workflow: Workflow,
    datasets: readonly ClaimedDataset[],
  ): Promise<boolean> {
    const claims = datasets.map((dataset) => this.claimFor(jobId, workflow, dataset));
    try {
      await this.catalogue.claims.insertMany(claims, { ordered: false });
      return true;
    } catch (error) {
      await this.catalogue.claims.deleteMany({ jobId });
      if (!isDuplicateKey(error)) throw error;
      return false;
    }
  }

  /** Another job may have taken and finished a dataset after it was read: then its flag says so by now. */
  private async schedule(
    jobId: string,
    workflow: 'archive' | 'retrieve',
    datasets: readonly ClaimedDataset[],
  ): Promise<void> {
    const step = workflow === 'archive' ? lifecycleSteps.archiveScheduled : lifecycleSteps.retrieveScheduled;
    const { matchedCount } = await this.catalogue.datasets.updateMany(
      { pid: { $in: datasets.map(({ pid }) => pid) }, [`datasetlifecycle.${flagOf(workflow)}`]: true },
      { $set: prefixed(step.change) },
    );
    if (matchedCount === datasets.length) return;
    for await (const claim of this.catalogue.claims.find({ jobId }))
      await this.undoOne(claim, scheduled[workflow]);
    await this.fitOf(workflow, await this.current(datasets));
    throw await this.conflict(datasets);
  }

  private current(datasets: readonly ClaimedDataset[]): Promise<ClaimedDataset[]> {
    return this.catalogue.datasets
      .find({ pid: { $in: datasets.map(({ pid }) => pid) } }, { projection: { pid: 1, datasetlifecycle: 1 } })
      .toArray();
  }

  /**
   * The same datasets, with flags as they are once what a crash left is healed: it has their flags down, too.
   *
   * @throws JobRefusal when the flags do not allow the job
   */
  private async fitOf(
    workflow: Workflow,
    datasets: readonly ClaimedDataset[],
  ): Promise<readonly ClaimedDataset[]> {
    const flag = flagOf(workflow);
    const isFit = ({ datasetlifecycle }: ClaimedDataset): boolean => datasetlifecycle[flag] === true;
    if (datasets.every(isFit)) return datasets;
    await this.releaseOrphans();
    const current = await this.current(datasets);
    const refused = current.filter((dataset) => !isFit(dataset)).slice(0, mostNamed);
    if (refused.length === 0) return current;
    const pids = refused.map(({ pid }) => pid);
    const other = await this.catalogue.claims.findOne({ exclusive: { $in: pids } });
    if (other !== null && !(await this.isStored(other.jobId))) throw this.undecided(other);
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
    if (other === null || !(await this.isStored(other.jobId))) return this.undecided(other);
    return new JobRefusal(
      409,
      `Dataset ${other.pid} is being worked on by job ${other.jobId}. Wait for its end, or cancel it.`,
      { jobId: other.jobId, pid: other.pid },
    );
  }

  /** Held by a job that nobody can see: it is being stored at this moment, or a crash kept it from being stored. */
  private undecided(other: ClaimRecord | null): JobRefusal {
    const age = other === null ? Infinity : this.clock.now().getTime() - other.at.getTime();
    // As long again as it has been held: soon while somebody is storing, seldom after a crash.
    const seconds = Math.max(1, Math.ceil(Math.min(age, this.config.orphanClaimAge - age) / 1000));
    const held = other === null ? 'One of the datasets' : `Dataset ${other.pid}`;
    return new JobRefusal(
      503,
      `${held} is held by a job that is being stored at this moment, or whose storing was interrupted. Nothing was stored. Post again in ${seconds} s.`,
      other === null ? {} : { pid: other.pid },
      seconds,
    );
  }

  private async isStored(jobId: string): Promise<boolean> {
    return (await this.catalogue.jobs.countDocuments({ _id: jobId }, { limit: 1 })) === 1;
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

/** What a dataset says between the first and the last line of scheduling it. */
const scheduled = {
  archive: {
    field: 'archiveStatusMessage',
    words: [lifecycleSteps.archiveScheduled.change.archiveStatusMessage],
  },
  retrieve: {
    field: 'retrieveStatusMessage',
    words: [lifecycleSteps.retrieveScheduled.change.retrieveStatusMessage],
  },
} as const;

function flagOf(workflow: Workflow): 'archivable' | 'retrievable' {
  return workflow === 'archive' ? 'archivable' : 'retrievable';
}

function claimId(jobId: string, pid: string): string {
  return `${jobId}:${pid}`;
}

function prefixed(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(change).map(([field, value]) => [`datasetlifecycle.${field}`, value]),
  );
}
