import { Injectable } from '@nestjs/common';
import { Clock, PermanentError, pidAsName, TransientError } from '#kernel';
import { currentContext } from '#messaging';
import type { PlannableJob } from '../aggregates/jobs.js';
import type { WorkOrder } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { CatalogClient } from '../catalog/catalog-client.js';
import { ClaimChecks } from '#claim-check';
import { DatablocksToRead } from './datablocks-to-read.js';
import { DatasetRoutes, type Routed } from './dataset-routes.js';
import { DatasetSources } from './dataset-sources.js';

/** One entry of a job's list of datasets. */
export type Entry = { readonly pid: string; readonly files: readonly string[] };

/** What one work order is about. */
type Drafted = Pick<WorkOrder, 'pid' | 'archiveId' | 'bytes'> &
  Routed &
  Partial<
    Pick<
      WorkOrder,
      | 'source'
      | 'files'
      | 'fileCount'
      | 'selection'
      | 'share'
      | 'archivedBy'
      | 'moveFrom'
      | 'moveTo'
      | 'repairAt'
    >
  >;

/** One attempt at planning a dataset. */
export interface Plan {
  readonly job: PlannableJob;
  readonly taskId: string;
  /** Fencing token, in each of its drafts: only those of the planner that started the dataset become work. */
  readonly planner: number;
  readonly keepLease: () => Promise<void>;
}

/** Of work that is about whole datasets, as codes of errors. */
const wholeOnly: Partial<Record<PlannableJob['workflow'], string>> = {
  verify: 'assembly.partial-verify',
  repair: 'assembly.partial-repair',
  migrate: 'assembly.partial-migrate',
};

/** Code of the error of a planner that another one has overtaken. */
export const planTaken = 'assembly.plan-taken';

export function overtaken(taskId: string): TransientError {
  return new TransientError(planTaken, `Another planner plans ${taskId}, or has planned it.`);
}

/** Drafts the work orders of one dataset. Repeating it makes the same ones. */
@Injectable()
export class DatasetDrafts {
  constructor(
    private readonly orders: WorkOrders,
    private readonly catalog: CatalogClient,
    private readonly claimChecks: ClaimChecks,
    private readonly sources: DatasetSources,
    private readonly routes: DatasetRoutes,
    private readonly reading: DatablocksToRead,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns bytes that the work is about
   * @throws TransientError `assembly.plan-taken`
   */
  draftAll(plan: Plan, entry: Entry): Promise<number> {
    const { workflow } = plan.job;
    if (workflow === 'archive') return this.draftArchive(plan, entry);
    return workflow === 'reset' ? this.draftReset(plan, entry) : this.draftFromDatablocks(plan, entry);
  }

  /** What is to be taken away, written down before anything is. There is no work in it, so it is drafted as done. */
  private async draftReset(plan: Plan, { pid, files }: Entry): Promise<number> {
    if (files.length > 0)
      throw new PermanentError(
        'assembly.partial-reset',
        `Expected a reset of the whole of ${pid} (an empty files list), found a list of ${files.length} files: only whole datasets are reset.`,
      );
    let index = 0;
    for await (const { archiveId } of this.catalog.datablocks(pid)) {
      // The job that archived it is in its name; a name of another kind is of no job that the archiver knows.
      const archivedBy = archiveId.split('/').at(-2);
      const whose = archivedBy === undefined || archivedBy === '' ? {} : { archivedBy };
      await this.draft(plan, index, { pid, archiveId, bytes: 0, target: 'lts-read', share: 1, ...whose });
      index += 1;
    }
    return 0;
  }

  private async draftArchive(plan: Plan, { pid, files }: Entry): Promise<number> {
    const { job, taskId, planner, keepLease } = plan;
    if (files.length > 0) {
      throw new PermanentError(
        'assembly.partial-archive',
        `Expected an archive job for the whole of ${pid} (an empty files list), found a list of ${files.length} files: only whole datasets are archived.`,
      );
    }
    const { source, dataset, blocks } = await this.sources.of(pid, keepLease);
    const lists: Pick<Drafted, 'bytes' | 'files' | 'fileCount'>[] = [];
    for await (const block of blocks) {
      const name = `plans/${taskId}/${planner}/${lists.length}.ndjson`;
      const files = await this.claimChecks.keepLines(name, block);
      const bytes = block.reduce((sum, file) => sum + file.size, 0);
      lists.push({ files, bytes, fileCount: block.length });
      await keepLease();
    }
    if (lists.length === 0)
      throw new PermanentError(
        'assembly.dataset-empty',
        `Expected files in dataset ${pid}, found none in its origdatablocks: register its files, then post again.`,
      );
    // The size of the dataset is what its files add up to: the field of the catalogue is whatever its owner wrote.
    const size = lists.reduce((sum, { bytes }) => sum + bytes, 0);
    const routed = this.routes.archiving(job, { ...dataset, size });
    for (const [index, list] of lists.entries()) {
      const archiveId = `${pidAsName(pid)}/${job._id}/${String(index).padStart(5, '0')}.tar`;
      await this.draft(plan, index, { pid, archiveId, ...routed, source, ...list });
    }
    return size;
  }

  private async draftFromDatablocks(plan: Plan, { pid, files }: Entry): Promise<number> {
    const { workflow } = plan.job;
    if (files.length > 0 && workflow !== 'retrieve')
      throw new PermanentError(
        wholeOnly[workflow] ?? 'assembly.partial-archive',
        `Expected a job of the workflow ${workflow} for the whole of ${pid} (an empty files list), found a list of ${files.length} files: only retrievals may name files.`,
      );
    const isCopying = workflow === 'repair' || workflow === 'migrate';
    const routedOf = isCopying
      ? await this.routes.copying(plan.job, pid)
      : await this.routes.reading(plan.job, pid);
    const found = files.length === 0 ? this.reading.all(pid) : this.reading.named(plan, pid, files);
    let bytes = 0;
    let index = 0;
    for await (const datablock of found) {
      const routed = await routedOf(datablock.archiveId);
      await this.draft(plan, index, { pid, ...datablock, ...routed });
      bytes += datablock.bytes;
      index += 1;
    }
    return bytes;
  }

  private async draft(
    { job, taskId, planner, keepLease }: Plan,
    index: number,
    what: Drafted,
  ): Promise<void> {
    await keepLease();
    const before = await this.archivedBefore(job, what);
    const isMine = await this.orders.draft({
      _id: `${taskId}/${index}`,
      jobId: job._id,
      taskId,
      planner,
      kind: job.workflow,
      group: job.group,
      share: 0,
      createdAt: this.clock.now(),
      context: currentContext(),
      outbox: { rows: [] },
      ...what,
      state: 'drafted',
      ...(before === undefined
        ? {}
        : {
            archiveId: before.archiveId,
            archivedBy: before.archivedBy ?? before.jobId,
            result: before.result!,
            share: 1,
          }),
    });
    if (!isMine) throw overtaken(taskId);
  }

  /** A retried job uses what its predecessor archived and verified of the same files. */
  private async archivedBefore(
    job: PlannableJob,
    { pid, files, source, targets, copies }: Pick<Drafted, 'pid' | 'files' | 'source' | 'targets' | 'copies'>,
  ): Promise<WorkOrder | undefined> {
    if (job.retryOf === undefined || files === undefined) return undefined;
    const { sha256 } = files;
    const before = { jobId: job.retryOf, pid, sha256, location: source?.location, targets, copies };
    return this.orders.useAgain(job._id, before);
  }
}
