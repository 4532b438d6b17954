import { Inject, Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock, stillMoving } from '#kernel';
import { newOutbox, pushRows, type OutboxRow } from '#outbox';
import { isDuplicateKey, rowsById, rowsWithIds } from '#persistence';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { JobRefusal } from '../domain/errors.js';
import { cancelStep, marks, type Lifecycle, type LifecycleStep } from '../domain/lifecycle.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { ClaimRecord } from '../persistence/records.js';
import { FileListFence } from './file-list-fence.js';
import { DatasetLifecycles } from './dataset-lifecycles.js';
import { DatasetSchedule, flagOf, isExclusive, scheduled, type ClaimedDataset } from './dataset-schedule.js';

/** Datasets that a refusal names. */
const mostNamed = 11;
/** Holds that are let go of together. */
const claimsAtOnce = 500;

/** A job's hold on its datasets. The unique index on `exclusive` decides between two jobs at the same instant. */
@Injectable()
export class DatasetClaims {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly lifecycles: DatasetLifecycles,
    private readonly schedule: DatasetSchedule,
    private readonly fileLists: FileListFence,
    private readonly clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /**
   * Takes all datasets for the job and marks them scheduled, or none of them. The job lies in the database already, as
   * one that is being stored: a claim without a document of its job is an orphan, and stays one.
   *
   * @throws JobRefusal 409 that names the job in the way; 503 while a hold cannot be told from what a crash left
   */
  async take(jobId: string, workflow: Workflow, datasets: readonly ClaimedDataset[]): Promise<void> {
    if (workflow === 'none') return;
    const fit = await this.fitOf(workflow, datasets);
    if (!(await this.claimAll(jobId, workflow, fit))) {
      // Once more without what a crash left behind; flags are read anew, for they were part of it.
      await this.releaseOrphans();
      const anew = await this.fitOf(workflow, await this.schedule.current(pidsOf(datasets)));
      if (!(await this.claimAll(jobId, workflow, anew))) throw await this.conflict(datasets);
    }
    if (workflow === 'reset') await this.lookAgain(jobId, pidsOf(datasets));
    await this.fileLists.close(workflow, pidsOf(datasets));
    if (await this.schedule.mark(jobId, workflow, pidsOf(datasets)))
      return workflow === 'reset' ? this.refuseBesideOthers(jobId, pidsOf(datasets)) : undefined;
    await this.abandon(jobId);
    await this.fitOf(workflow, await this.schedule.current(pidsOf(datasets)));
    throw await this.conflict(datasets);
  }

  /**
   * A reset takes datasets whatever they say, also at the very end of another job: what is put back should it fail is
   * what they say now that the hold keeps such jobs away.
   */
  private async lookAgain(jobId: string, pids: readonly string[]): Promise<void> {
    const operations = (await this.schedule.current(pids)).map((dataset) => ({
      updateOne: {
        filter: { _id: claimId(jobId, dataset.pid) },
        update: { $set: { before: beforeOf(dataset) } },
      },
    }));
    if (operations.length > 0) await this.catalogue.claims.bulkWrite(operations, { ordered: false });
  }

  /** Publications count as readers, too. Jobs that only read share datasets. Once these are marked no further one takes them; those that have are found here. */
  private async refuseBesideOthers(jobId: string, pids: readonly string[]): Promise<void> {
    const refusal = await this.schedule.refusalToReset(pids);
    if (refusal !== undefined) {
      await this.abandon(jobId);
      throw refusal;
    }
    const others = { pid: { $in: [...pids] }, jobId: { $ne: jobId }, ended: { $ne: true } } as object;
    if ((await this.catalogue.claims.findOne(others)) === null) return;
    await this.releaseOrphans();
    const other = await this.catalogue.claims.findOne(others);
    if (other === null) return;
    await this.abandon(jobId);
    throw (await this.isStored(other.jobId)) ? workedOn(other) : this.undecided(other);
  }

  /** Whether the job was accepted: what is being stored, or was given up, is not. */
  async isStored(jobId: string): Promise<boolean> {
    const accepted = { _id: jobId, ...acceptedJobs };
    return (await this.catalogue.jobs.countDocuments(accepted, { limit: 1 })) === 1;
  }

  find(jobId: string, pid: string): Promise<ClaimRecord | null> {
    return this.catalogue.claims.findOne({ _id: claimId(jobId, pid) });
  }

  /** Writes a lifecycle step while the job holds the dataset; a report that comes too late changes nothing. */
  async apply(
    { _id, pid }: ClaimRecord,
    step: LifecycleStep,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.lifecycles.apply(pid, { ...step, more, holds: () => this.isOpen({ _id }) });
  }

  /**
   * Decides what becomes of the dataset's datablocks, with the messages about it. The first decision stands.
   *
   * @returns the decision that stands, undefined when the job does not hold the dataset any more
   */
  async decide(
    { _id }: ClaimRecord,
    verdict: NonNullable<ClaimRecord['verdict']>,
    rows: readonly OutboxRow[] = [],
  ): Promise<ClaimRecord['verdict']> {
    const { $push, $set } = pushRows('outbox', rows, this.clock.now());
    const undecided = { _id, ended: { $ne: true }, verdict: { $exists: false } } as object;
    const decided = await this.catalogue.claims.updateOne(undecided, {
      $set: { ...(rows.length === 0 ? {} : $set), verdict },
      $push,
    });
    if (decided.matchedCount === 1) return verdict;
    return (await this.catalogue.claims.findOne({ _id, ended: { $ne: true } }))?.verdict;
  }

  /** A dataset whose claim is gone: an ended one takes its place, which carries the messages about that. */
  async endMissing(
    { jobId, pid, workflow }: Pick<ClaimRecord, 'jobId' | 'pid' | 'workflow'>,
    rows: readonly OutboxRow[],
  ): Promise<void> {
    const now = this.clock.now();
    await this.catalogue.claims.updateOne(
      { _id: claimId(jobId, pid) },
      {
        $setOnInsert: {
          jobId,
          pid,
          workflow,
          ended: true,
          before: {},
          at: now,
          outbox: newOutbox(rows, now),
        },
      },
      { upsert: true },
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

  /** Lets go of all datasets of a job that is over; flags of those whose part never ended are put back. */
  async undo(jobId: string): Promise<void> {
    await this.putBack(jobId);
    await this.catalogue.claims.deleteMany({ jobId });
  }

  /** Lets go of what was claimed for a job that was not accepted. */
  async abandon(jobId: string): Promise<void> {
    await this.putBack(jobId, scheduled);
    await this.catalogue.claims.deleteMany({ jobId });
  }

  /**
   * Heals what a crash left of jobs that were never accepted. To remove the document of such a job is the decision: its
   * creator accepts it by a write of the same document. From then on its claims belong to nobody, for a document that
   * is gone is never written again.
   */
  async releaseOrphans(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.orphanClaimAge);
    await this.catalogue.jobs.deleteMany({ 'catena.storing': true, createdAt: { $lt: before } });
    const orphans = await this.catalogue.claims
      .aggregate<ClaimRecord>([
        { $match: { at: { $lt: before } } },
        { $lookup: { from: 'Job', localField: 'jobId', foreignField: '_id', as: 'job' } },
        { $match: { job: { $size: 0 } } },
        { $project: { job: 0 } },
        { $sort: { _id: 1 } },
        { $limit: 1000 },
      ])
      .toArray();
    for (const claim of orphans) {
      if (!(await this.exists(claim.jobId))) await this.releaseOrphan(claim);
      stillMoving();
    }
  }

  private async releaseOrphan(claim: ClaimRecord): Promise<void> {
    // Its messages go first: see `endMissing`.
    if (claim.ended === true) {
      await this.catalogue.claims.deleteOne({ _id: claim._id, 'outbox.dueAt': { $exists: false } });
      return;
    }
    // Whoever makes it young again undoes it; the others need not.
    const now = this.clock.now();
    const { modifiedCount } = await this.catalogue.claims.updateOne(
      { _id: claim._id, at: claim.at },
      { $set: { at: now } },
    );
    if (modifiedCount === 1) await this.undoOne({ ...claim, at: now }, scheduled);
  }

  /** Puts back the flags of all datasets that a job holds still. */
  private async putBack(jobId: string, expected?: typeof scheduled): Promise<void> {
    const held = { ...claimsOf(jobId), ended: { $ne: true } };
    let page: ClaimRecord[] = [];
    for await (const claim of rowsById<ClaimRecord>(this.catalogue.claims, held, { page: claimsAtOnce })) {
      page.push(claim);
      if (page.length < claimsAtOnce) continue;
      await this.undoMany(page, expected);
      page = [];
    }
    await this.undoMany(page, expected);
  }

  /** Most are undone together; those that something came in the way of, one by one. */
  private async undoMany(claims: readonly ClaimRecord[], expected?: typeof scheduled): Promise<void> {
    const steps = new Map<string, LifecycleStep>();
    for (const { pid, workflow, before } of claims)
      if (marks(workflow))
        steps.set(pid, {
          ...cancelStep(workflow, before),
          ...(expected === undefined ? {} : { expected: expected[workflow] }),
        });
    const done = steps.size > 1 ? await this.lifecycles.applyMany(steps, () => this.openAmong(claims)) : [];
    stillMoving();
    const undone = claims.filter(({ pid }) => done.includes(pid)).map(({ _id }) => _id);
    const ages = [...new Set(claims.map(({ at }) => at.getTime()))].map((time) => new Date(time));
    if (undone.length > 0)
      await this.catalogue.claims.deleteMany({ _id: { $in: undone }, at: { $in: ages } });
    const rest = new Set(undone);
    for (const claim of claims.filter(({ _id }) => !rest.has(_id))) {
      await this.undoOne(claim, expected);
      stillMoving();
    }
  }

  /** Datasets of those claims that are as they were read. */
  private async openAmong(claims: readonly ClaimRecord[]): Promise<ReadonlySet<string>> {
    const found = await rowsWithIds<ClaimRecord>(
      this.catalogue.claims,
      claims.map(({ _id }) => _id),
      { projection: { pid: 1, at: 1, ended: 1 } },
    );
    const read = new Map(claims.map(({ _id, at }) => [_id, at.getTime()]));
    return new Set(
      found
        .filter(({ _id, at, ended }) => ended !== true && read.get(_id) === at.getTime())
        .map(({ pid }) => pid),
    );
  }

  /**
   * Flags first: as long as the claim stands, no other job has the dataset.
   *
   * @param expected flags are put back only where they say this
   */
  private async undoOne({ _id, pid, workflow, before, at }: ClaimRecord, expected?: typeof scheduled) {
    if (marks(workflow))
      await this.lifecycles.apply(pid, {
        ...cancelStep(workflow, before),
        ...(expected === undefined ? {} : { expected: expected[workflow] }),
        holds: () => this.isOpen({ _id, at }),
      });
    await this.catalogue.claims.deleteOne({ _id, at });
  }

  private async isOpen(claim: Pick<ClaimRecord, '_id'> & Partial<ClaimRecord>): Promise<boolean> {
    const open = { ...claim, ended: { $ne: true } } as object;
    return (await this.catalogue.claims.countDocuments(open, { limit: 1 })) === 1;
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
    if (flag === undefined) return datasets;
    const isFit = ({ datasetlifecycle }: ClaimedDataset): boolean => datasetlifecycle[flag] === true;
    if (datasets.every(isFit)) return datasets;
    await this.releaseOrphans();
    const current = await this.schedule.current(pidsOf(datasets));
    const refused = current.filter((dataset) => !isFit(dataset)).slice(0, mostNamed);
    if (refused.length === 0) return current;
    const pids = pidsOf(refused);
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
    const other = await this.catalogue.claims.findOne({ exclusive: { $in: pidsOf(datasets) } });
    if (other === null || !(await this.isStored(other.jobId))) return this.undecided(other);
    return workedOn(other);
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

  private async exists(jobId: string): Promise<boolean> {
    return (await this.catalogue.jobs.countDocuments({ _id: jobId }, { limit: 1 })) === 1;
  }

  private claimFor(jobId: string, workflow: Workflow, dataset: ClaimedDataset): ClaimRecord {
    const { pid } = dataset;
    return {
      _id: claimId(jobId, pid),
      jobId,
      pid,
      workflow,
      ...(isExclusive(workflow) ? { exclusive: pid } : {}),
      before: beforeOf(dataset),
      at: this.clock.now(),
      outbox: { rows: [] },
    };
  }
}

/** Flags to restore when the job ends without success. */
function beforeOf({ datasetlifecycle }: ClaimedDataset): Partial<Lifecycle> {
  const { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage } = datasetlifecycle;
  return { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage };
}

function workedOn({ pid, jobId }: ClaimRecord): JobRefusal {
  return new JobRefusal(
    409,
    `Dataset ${pid} is being worked on by job ${jobId}. Wait for its end, or cancel it.`,
    { jobId, pid },
  );
}

/** Ids of all claims of a job. */
function claimsOf(jobId: string): { _id: { $gt: string; $lt: string } } {
  // The character after the colon.
  return { _id: { $gt: `${jobId}:`, $lt: `${jobId};` } };
}

function claimId(jobId: string, pid: string): string {
  return `${jobId}:${pid}`;
}

function pidsOf(datasets: readonly { readonly pid: string }[]): string[] {
  return datasets.map(({ pid }) => pid);
}
