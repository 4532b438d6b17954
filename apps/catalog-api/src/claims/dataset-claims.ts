import { Inject, Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock, stillMoving } from '#kernel';
import type { OutboxRow } from '#outbox';
import { cancelStep, marks, type LifecycleStep, flagOf, isExclusive } from '#scicat-words';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { JobRefusal } from '../domain/errors.js';
import { DatasetClaimRecords, type DatasetToClaim } from '../persistence/dataset-claim-records.js';
import { JobRecords } from '../persistence/job-records.js';
import type { ClaimRecord } from '../persistence/records.js';
import { FileListFence } from './file-list-fence.js';
import { DatasetLifecycles } from './dataset-lifecycles.js';
import { DatasetSchedule, scheduled, type ClaimedDataset } from './dataset-schedule.js';

/** Datasets that a refusal names. */
const maxNamed = 11;
/** Holds that are let go of together. */
const claimsAtOnce = 500;

/** A job's hold on its datasets. */
@Injectable()
export class DatasetClaims {
  constructor(
    private readonly records: DatasetClaimRecords,
    private readonly jobs: JobRecords,
    private readonly lifecycles: DatasetLifecycles,
    private readonly schedule: DatasetSchedule,
    private readonly fileLists: FileListFence,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /**
   * Takes all datasets for the job and marks them scheduled, or none of them. The job lies in the database already, as
   * one that is being stored: a claim without a document of its job is an orphan, and stays one.
   *
   * @throws JobRefusal 409 that names the job in the way; 503 while a hold cannot be told from what a crash left
   */
  async take(jobId: string, workflow: Workflow, datasets: readonly ClaimedDataset[]): Promise<void> {
    if (workflow === 'none') return;
    let known = await this.fitOf(workflow, datasets);
    if (!(await this.claimAll(jobId, workflow, known))) {
      // Once more without what a crash left behind; flags are read anew, for they were part of it.
      await this.releaseOrphans();
      known = await this.fitOf(workflow, await this.schedule.current(pidsOf(datasets)));
      if (!(await this.claimAll(jobId, workflow, known))) throw await this.conflict(datasets);
    }
    if (workflow === 'reset') known = await this.lookAgain(jobId, pidsOf(datasets));
    await this.fileLists.close(workflow, pidsOf(datasets));
    if (await this.schedule.mark(jobId, workflow, pidsOf(datasets), known))
      return workflow === 'reset' ? this.refuseBesideOthers(jobId, pidsOf(datasets)) : undefined;
    await this.abandon(jobId);
    await this.fitOf(workflow, await this.schedule.current(pidsOf(datasets)));
    throw await this.conflict(datasets);
  }

  /**
   * A reset takes datasets whatever they say, also at the very end of another job: what is put back should it fail is
   * what they say now that the hold keeps such jobs away.
   */
  private async lookAgain(jobId: string, pids: readonly string[]): Promise<ClaimedDataset[]> {
    const current = await this.schedule.current(pids);
    await this.records.rememberBefore(jobId, current.map(toClaim));
    return current;
  }

  /** Publications count as readers, too. Jobs that only read share datasets. Once these are marked no further one takes them; those that have are found here. */
  private async refuseBesideOthers(jobId: string, pids: readonly string[]): Promise<void> {
    const refusal = await this.schedule.refusalToReset(pids);
    if (refusal !== undefined) {
      await this.abandon(jobId);
      throw refusal;
    }
    if ((await this.records.besides(jobId, pids)) === undefined) return;
    await this.releaseOrphans();
    const other = await this.records.besides(jobId, pids);
    if (other === undefined) return;
    await this.abandon(jobId);
    throw (await this.jobs.isAccepted(other.jobId)) ? workedOn(other) : this.undecided(other);
  }

  /** Writes a lifecycle step while the job holds the dataset; a report that comes too late changes nothing. */
  async apply(
    { _id, pid }: ClaimRecord,
    step: LifecycleStep,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.lifecycles.apply(pid, { ...step, more, holds: () => this.records.isOpen({ _id }) });
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
    if (await this.records.decide(_id, verdict, rows)) return verdict;
    return (await this.records.findOpen(_id))?.verdict;
  }

  /** Lets go of all datasets of a job that is over; flags of those whose part never ended are put back. */
  async undo(jobId: string): Promise<void> {
    await this.putBack(jobId);
    await this.records.releaseAll(jobId);
  }

  /** Lets go of what was claimed for a job that was not accepted. */
  async abandon(jobId: string): Promise<void> {
    // Each as it was seen: one that a sweep has taken over since is the sweep's, flags and all.
    await this.putBack(jobId, scheduled);
  }

  /**
   * Heals what a crash left of jobs that were never accepted. To remove the document of such a job is the decision: its
   * creator accepts it by a write of the same document. From then on its claims belong to nobody, for a document that
   * is gone is never written again.
   */
  async releaseOrphans(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.orphanClaimAge);
    await this.jobs.giveUpOlder(before);
    for (const claim of await this.records.orphans(before)) {
      if (!(await this.jobs.exists(claim.jobId))) await this.releaseOrphan(claim);
      stillMoving();
    }
  }

  private async releaseOrphan(claim: ClaimRecord): Promise<void> {
    if (claim.ended === true) return this.records.forget(claim._id);
    const taken = await this.records.takeOver(claim, this.clock.now());
    if (taken !== undefined) await this.undoOne(taken, scheduled);
  }

  /** Puts back the flags of all datasets that a job holds still. */
  private async putBack(jobId: string, expected?: typeof scheduled): Promise<void> {
    let page: ClaimRecord[] = [];
    for await (const claim of this.records.openOf(jobId, claimsAtOnce)) {
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
        steps.set(pid, { ...cancelStep(workflow, before), expected: expected?.[workflow] });
    const done = new Set(
      steps.size > 1 ? await this.lifecycles.applyMany(steps, () => this.records.stillOpen(claims)) : [],
    );
    stillMoving();
    await this.records.releaseMany(claims.filter(({ pid }) => done.has(pid)));
    for (const claim of claims.filter(({ pid }) => !done.has(pid))) {
      await this.undoOne(claim, expected);
      stillMoving();
    }
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
        expected: expected?.[workflow],
        holds: () => this.records.isOpen({ _id, at }),
      });
    await this.records.release({ _id, at });
  }

  private claimAll(jobId: string, workflow: Workflow, datasets: readonly ClaimedDataset[]): Promise<boolean> {
    const claims = { jobId, workflow, exclusive: isExclusive(workflow), at: this.clock.now() };
    return this.records.claim(claims, datasets.map(toClaim));
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
    const refused = current.filter((dataset) => !isFit(dataset)).slice(0, maxNamed);
    if (refused.length === 0) return current;
    const pids = pidsOf(refused);
    const other = await this.records.exclusiveOn(pids);
    if (other !== undefined && !(await this.jobs.isAccepted(other.jobId))) throw this.undecided(other);
    const reason =
      other === undefined
        ? `status ${refused[0]!.datasetlifecycle.archiveStatusMessage}`
        : `${other.pid} is being worked on by job ${other.jobId}`;
    throw new JobRefusal(
      409,
      `Expected every dataset to be ${flag}, found some that are not, among them ${pids.join(', ')} (${reason}). Leave them out or wait.`,
      { datasets: pids, ...(other === undefined ? {} : { jobId: other.jobId }) },
    );
  }

  private async conflict(datasets: readonly ClaimedDataset[]): Promise<JobRefusal> {
    const other = await this.records.exclusiveOn(pidsOf(datasets));
    if (other === undefined || !(await this.jobs.isAccepted(other.jobId))) return this.undecided(other);
    return workedOn(other);
  }

  /** Held by a job that nobody can see: it is being stored at this moment, or a crash kept it from being stored. */
  private undecided(other: ClaimRecord | undefined): JobRefusal {
    const age = other === undefined ? Infinity : this.clock.now().getTime() - other.at.getTime();
    // As long again as it has been held: soon while a request is storing, seldom after a crash.
    const seconds = Math.max(1, Math.ceil(Math.min(age, this.config.orphanClaimAge - age) / 1000));
    const held = other === undefined ? 'One of the datasets' : `Dataset ${other.pid}`;
    return new JobRefusal(
      503,
      `${held} is held by a job that is being stored at this moment, or whose storing was interrupted. Nothing was stored. Post again in ${seconds} s.`,
      other === undefined ? {} : { pid: other.pid },
      seconds,
    );
  }
}

/** With the flags to restore when the job ends without success. */
function toClaim({ pid, datasetlifecycle }: ClaimedDataset): DatasetToClaim {
  const { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage } = datasetlifecycle;
  return { pid, before: { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage } };
}

function workedOn({ pid, jobId }: ClaimRecord): JobRefusal {
  return new JobRefusal(
    409,
    `Dataset ${pid} is being worked on by job ${jobId}. Wait for its end, or cancel it.`,
    { jobId, pid },
  );
}

function pidsOf(datasets: readonly { readonly pid: string }[]): string[] {
  return datasets.map(({ pid }) => pid);
}
