import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { isToldInMessage, jobSubmittedV1, type DatasetListLine, type Workflow } from '#contracts';
import { Clock, crashPoint, PermanentError, TransientError } from '#kernel';
import { eventRow } from '#outbox';
import { flagOf, isExclusive, tapeCopiesOf } from '#scicat-words';
import {
  busy,
  named,
  pidsOf,
  quoted,
  refuseForbidden,
  refuseMissing,
  refusePublished,
} from '../domain/job-refusals.js';
import { beforeScheduling } from '../domain/job-rights.js';
import type { Lease } from '../domain/lease.js';
import type { BridgeJob } from '../persistence/records.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { Scicat, type ScicatDataset, type ScicatJob, type ScicatLifecycle } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';

/** Looks, and milliseconds since it was named, after which a job that SciCat does not know counts as an invention. */
const minLooks = 3;
const unknownPatience = 60_000;

/**
 * Looks at a job that one of the ways in named, in SciCat itself: whether it is ours, whether it may be done, and hands it over to
 * job-assembler. What the way in said of it beyond its id is never believed.
 */
@Injectable()
export class JobLook {
  constructor(
    private readonly scicat: Scicat,
    private readonly jobs: BridgeJobs,
    private readonly parts: BridgeParts,
    private readonly claimChecks: ClaimChecks,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws TransientError when it has to be looked at again */
  async take(seen: BridgeJob, lease: Lease): Promise<void> {
    const job = await this.readable(lease);
    if (job === 'unreadable') return;
    if (job === undefined) return this.unknown(seen, lease);
    const workflow = this.config.jobTypes.get(job.type);
    if (workflow === undefined)
      return this.leave(
        lease,
        'bridge.type-foreign',
        `SCICAT_JOB_TYPES does not name the type ${quoted(job.type)}.`,
      );
    if (!this.config.initialStatus.includes(job.statusCode))
      return this.leave(
        lease,
        'bridge.job-begun',
        `Expected a job that nobody has begun (${this.config.initialStatus.join(', ')}), found status ${quoted(job.statusCode)}: another program works on it, or it is over.`,
      );
    try {
      await this.accept(job, workflow, lease);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      await this.refuse(job, workflow, error, lease);
    }
  }

  /** One that nothing can be made of is left: it may be of a type that is none of ours. */
  private async readable(lease: Lease): Promise<ScicatJob | 'unreadable' | undefined> {
    try {
      return await this.scicat.job(lease.jobId);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      await this.leave(lease, error.code, error.message.slice(0, 2000));
      return 'unreadable';
    }
  }

  private async accept(job: ScicatJob, workflow: Workflow, lease: Lease): Promise<void> {
    const pids = pidsOf(job);
    const found = await this.scicat.datasets(pids);
    refuseMissing(pids, found);
    // Before anything is said of other jobs on them.
    if (this.config.jobRights === 'check') refuseForbidden(job, workflow, found, this.config.privilegedUsers);
    if (workflow === 'reset') refusePublished(found);
    await this.hold(workflow, pids, lease);
    crashPoint('bridge.after-hold');
    // What they say now that no other job of ours writes them.
    const datasets = await this.scicat.datasets(pids);
    refuseMissing(pids, datasets);
    await this.refuseUnfit(job.id, workflow, datasets);
    await this.parts.remember(
      job.id,
      [...datasets.values()].map(({ pid, datasetlifecycle: before }) => {
        const restored = this.markedByScicat(workflow, before);
        return { pid, before, ...(restored === undefined ? {} : { restored }) };
      }),
    );
    const lines: DatasetListLine[] = job.datasetList.map(({ pid, files }) => ({ pid, files }));
    const told = isToldInMessage(lines)
      ? { datasets: lines.map(({ pid, files }) => ({ pid, files: [...files] })) }
      : { datasetList: await this.claimChecks.keepLines(`job-lists/${job.id}.ndjson`, lines) };
    const now = this.clock.now();
    const copies = tapeCopiesOf(job.jobParams);
    const row = eventRow(
      jobSubmittedV1,
      {
        ...{ jobId: job.id, jobType: job.type, workflow, datasetCount: lines.length, ...told },
        ...(job.ownerGroup === undefined ? {} : { ownerGroup: job.ownerGroup }),
        ...(copies === undefined ? {} : { tapeCopies: copies }),
      },
      now,
    );
    crashPoint('bridge.before-accept');
    await this.jobs.go(
      lease,
      ['seen', 'accepted'],
      {
        ...this.about(job, workflow),
        ...{ told: job.statusCode, datasets: lines.length, scheduled: false },
        checkAt: new Date(now.getTime() + this.config.checkInterval),
      },
      [row],
    );
    crashPoint('bridge.after-accept');
  }

  /** @throws PermanentError `bridge.dataset-busy`; TransientError while the job in the way may yet be refused */
  private async hold(workflow: Workflow, pids: readonly string[], lease: Lease): Promise<void> {
    const { jobId } = lease;
    const exclusive = isExclusive(workflow);
    const other =
      (await this.parts.take(jobId, workflow, pids, exclusive, () => lease.mustHold())) ??
      // Each has written its own before it looks: of a reset and a reader that come together, one sees the other.
      (workflow === 'reset'
        ? await this.parts.besides(jobId, pids)
        : await this.parts.besides(jobId, pids, 'reset'));
    if (other === undefined) return;
    const state = await this.jobs.stateOf(other.jobId);
    // What a process left that woke up too late.
    if (state === undefined || state === 'over' || state === 'left') await this.parts.release(other.jobId);
    if (state !== 'accepted')
      throw new TransientError(
        'bridge.dataset-undecided',
        `Dataset ${other.pid} is held by job ${other.jobId}, of which it is not decided yet whether it is done: looking again.`,
      );
    throw busy(other.pid, other.jobId);
  }

  private async refuseUnfit(
    jobId: string,
    workflow: Workflow,
    datasets: ReadonlyMap<string, ScicatDataset>,
  ): Promise<void> {
    const flag = flagOf(workflow);
    if (flag === undefined) return;
    const unfit = [...datasets.values()].filter(
      ({ datasetlifecycle }) =>
        datasetlifecycle[flag] !== true && this.markedByScicat(workflow, datasetlifecycle)?.[flag] !== true,
    );
    const first = unfit[0];
    if (first === undefined) return;
    // An archive job of ours has its flag down.
    const other = await this.parts.besides(
      jobId,
      unfit.map(({ pid }) => pid),
    );
    if (other !== undefined) throw busy(other.pid, other.jobId);
    throw new PermanentError(
      'bridge.dataset-unfit',
      `Expected every dataset to be ${flag}, found some that are not, among them ${named(unfit.map(({ pid }) => pid))} (status ${quoted(first.datasetlifecycle.archiveStatusMessage ?? '')}): leave them out.`,
    );
  }

  /** v3 marks datasets as it takes a job; v4 does not, and a mark there is of another program. */
  private markedByScicat(workflow: Workflow, lifecycle: ScicatLifecycle): ScicatLifecycle | undefined {
    return beforeScheduling(workflow, lifecycle, this.config.scicat.jobsApi === 'v3');
  }

  private async refuse(
    job: ScicatJob,
    workflow: Workflow,
    error: PermanentError,
    lease: Lease,
  ): Promise<void> {
    const { code, message } = error;
    const why = { code, message: message.slice(0, 2000), since: this.clock.now() };
    await this.jobs.go(lease, ['seen', 'refused'], {
      ...this.about(job, workflow),
      ...{ told: job.statusCode, datasets: job.datasetList.length, why },
    });
    crashPoint('bridge.after-refusal');
  }

  private async unknown(seen: BridgeJob, lease: Lease): Promise<void> {
    const looks = seen.attempts + 1;
    if (looks < minLooks || this.clock.now().getTime() - seen.seenAt.getTime() < unknownPatience)
      throw new TransientError(
        'bridge.job-unknown',
        `Expected job ${lease.jobId} in SciCat, found none there (look ${looks}): looking again.`,
      );
    await this.leave(
      lease,
      'bridge.job-unknown',
      `Expected job ${lease.jobId} in SciCat, found none there in ${looks} looks: it was deleted, or never was.`,
    );
  }

  private async leave(lease: Lease, code: string, message: string): Promise<void> {
    lease.mustHold();
    await this.parts.drop(lease.jobId);
    const now = this.clock.now();
    await this.jobs.go(lease, ['seen', 'left'], { why: { code, message, since: now }, endedAt: now });
  }

  private about({ type, ownerGroup }: ScicatJob, workflow: Workflow) {
    return { type, workflow, ...(ownerGroup === undefined ? {} : { ownerGroup }) };
  }
}
