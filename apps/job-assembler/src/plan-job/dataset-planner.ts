import { Inject, Injectable } from '@nestjs/common';
import { datasetStartedV1, type FaultKind } from '#contracts';
import {
  CatenaError,
  Clock,
  PermanentError,
  TransientError,
  crashPoint,
  isRetriable,
  messageOf,
  pidAsName,
} from '#kernel';
import { currentContext } from '#messaging';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { isDuplicateKey } from '#persistence';
import { CatalogClient } from '../catalog/catalog-client.js';
import { ResultFolder } from '../fold-results/result-folder.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { TaskState } from '../domain/fold.js';
import type { AssemblyJob, WorkOrder } from '../persistence/records.js';
import { ControlObjects } from './control-objects.js';
import { DatasetSources } from './dataset-sources.js';

type Entry = { readonly pid: string; readonly files: readonly string[] };

/** What one work order is about. */
type Drafted = Pick<WorkOrder, 'pid' | 'archiveId' | 'bytes' | 'target'> &
  Partial<Pick<WorkOrder, 'source' | 'files' | 'fileCount' | 'share' | 'archivedBy'>>;

/** One attempt at planning a dataset. */
interface Plan {
  readonly job: AssemblyJob;
  readonly taskId: string;
  /** Fencing token, in each of its drafts: only those of the planner that started the dataset become work. */
  readonly planner: number;
  readonly keepLease: () => Promise<void>;
}

@Injectable()
export class PlanningSurroundings {
  constructor(
    @Inject(ConfigToken) readonly config: JobAssemblerConfig,
    readonly relay: OutboxRelay,
    readonly clock: Clock,
  ) {}
}

/** Makes the work orders of one dataset. Repeating it after a crash makes the same ones. */
@Injectable()
export class DatasetPlanner {
  constructor(
    private readonly store: AssemblerStore,
    private readonly catalog: CatalogClient,
    private readonly folder: ResultFolder,
    private readonly objects: ControlObjects,
    private readonly sources: DatasetSources,
    private readonly surroundings: PlanningSurroundings,
  ) {}

  /**
   * @param keepLease called between steps, so that nobody else plans the job meanwhile; should somebody do so all the same,
   * the newer planner wins
   */
  async plan(job: AssemblyJob, taskId: string, entry: Entry, keepLease: () => Promise<void>): Promise<void> {
    const now = this.surroundings.clock.now();
    const task = await this.store.tasks.findOneAndUpdate(
      { _id: taskId },
      {
        $setOnInsert: {
          jobId: job._id,
          pid: entry.pid,
          workflow: job.workflow,
          state: 'planning',
          bytes: 0,
          updatedAt: now,
          context: currentContext(),
          outbox: { rows: [] },
        },
      },
      { upsert: true, returnDocument: 'after' },
    );
    // Its plan was complete; the release of it may have been cut off.
    if (task?.state === 'running') return this.folder.foldTask(taskId);
    if (task?.state !== 'planning') return;
    if (job.cancelRequested) {
      // Of a planner that was interrupted, and drafted on after the job's drafts were cancelled.
      await this.store.orders.deleteMany({ taskId, state: 'drafted' });
      return this.folder.endTask(taskId, 'planning', 'cancelled');
    }
    const mine = await this.store.tasks.findOneAndUpdate(
      { _id: taskId, state: 'planning' },
      { $inc: { planner: 1 } },
      { returnDocument: 'after', projection: { planner: 1 } },
    );
    if (mine?.planner === undefined) throw taken(taskId);
    const plan: Plan = { job, taskId, planner: mine.planner, keepLease };
    try {
      // Of an earlier planner: what it still drafts from here on belongs to nobody.
      await this.store.orders.deleteMany({ taskId, state: 'drafted' });
      const bytes = await this.draftAll(plan, entry);
      await this.start(plan, entry.pid, bytes);
    } catch (error) {
      const wasOvertaken = error instanceof CatenaError && error.code === planTaken;
      if (isRetriable(error) && !wasOvertaken) throw error;
      // Once the dataset is planned, or over, nobody else looks for them.
      await this.store.orders.deleteMany({ taskId, state: 'drafted', planner: plan.planner });
      if (wasOvertaken) throw error;
      const code = error instanceof CatenaError ? error.code : 'assembly.unexpected-error';
      await this.folder.endTask(taskId, 'planning', 'failed', {
        code,
        message: messageOf(error),
        fault: faultOf(code),
      });
    }
  }

  private draftAll(plan: Plan, entry: Entry): Promise<number> {
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
      // Who archived it is in its name; a name of another kind is of nobody's whom the archiver knows.
      const archivedBy = archiveId.split('/').at(-2);
      const whose = archivedBy === undefined || archivedBy === '' ? {} : { archivedBy };
      await this.draft(plan, index, { pid, archiveId, bytes: 0, target: 'lts-read', share: 1, ...whose });
      index += 1;
    }
    return 0;
  }

  private async draftArchive(plan: Plan, { pid, files }: Entry): Promise<number> {
    const { job, taskId, planner } = plan;
    if (files.length > 0) {
      throw new PermanentError(
        'assembly.partial-archive',
        `Expected an archive job for the whole of ${pid} (an empty files list), found a list of ${files.length} files: only whole datasets are archived.`,
      );
    }
    const { source, blocks } = await this.sources.of(pid);
    let bytes = 0;
    let index = 0;
    for await (const block of blocks) {
      const reference = await this.objects.writeLines(`plans/${taskId}/${planner}/${index}.ndjson`, block);
      const blockBytes = block.reduce((sum, file) => sum + file.size, 0);
      const archiveId = `${pidAsName(pid)}/${job._id}/${String(index).padStart(5, '0')}.tar`;
      await this.draft(plan, index, {
        pid,
        archiveId,
        bytes: blockBytes,
        target: 'lts-write',
        source,
        files: reference,
        fileCount: block.length,
      });
      bytes += blockBytes;
      index += 1;
    }
    if (index === 0)
      throw new PermanentError(
        'assembly.dataset-empty',
        `Expected files in dataset ${pid}, found none in its origdatablocks: register its files, then post again.`,
      );
    return bytes;
  }

  private async draftFromDatablocks(plan: Plan, { pid }: Entry): Promise<number> {
    let bytes = 0;
    let index = 0;
    for await (const { archiveId, packedSize } of this.catalog.datablocks(pid)) {
      await this.draft(plan, index, { pid, archiveId, bytes: packedSize, target: 'lts-read' });
      bytes += packedSize;
      index += 1;
    }
    if (index === 0)
      throw new PermanentError(
        'assembly.not-archived',
        `Expected datablocks of dataset ${pid}, found none: it is not archived.`,
      );
    return bytes;
  }

  private async draft(
    { job, taskId, planner, keepLease }: Plan,
    index: number,
    what: Drafted,
  ): Promise<void> {
    await keepLease();
    const before = await this.verifiedBefore(job, what);
    const order: Omit<WorkOrder, '_id'> = {
      jobId: job._id,
      taskId,
      planner,
      kind: job.workflow,
      group: job.group,
      share: 0,
      createdAt: this.surroundings.clock.now(),
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
    };
    // A draft of an older planner gives way; one of a newer planner, or work, never does.
    const older = { _id: `${taskId}/${index}`, state: 'drafted' as const, planner: { $lte: planner } };
    await this.store.orders.replaceOne(older, order, { upsert: true }).catch((error: unknown) => {
      throw isDuplicateKey(error) ? taken(taskId) : error;
    });
  }

  /** A retried job uses what its predecessor archived and verified of the same files; from this write on it answers for it. */
  private async verifiedBefore(
    job: AssemblyJob,
    what: Pick<Drafted, 'pid' | 'files' | 'source'>,
  ): Promise<Pick<WorkOrder, 'jobId' | 'archiveId' | 'archivedBy' | 'result'> | undefined> {
    if (job.retryOf === undefined || what.files === undefined) return undefined;
    const before = await this.store.orders.findOneAndUpdate(
      {
        jobId: job.retryOf,
        pid: what.pid,
        state: 'done',
        kind: 'archive',
        discardedAt: { $exists: false },
        'files.sha256': what.files.sha256,
        'source.location': what.source?.location,
        $or: [{ usedBy: { $exists: false } }, { usedBy: job._id }],
      } as object,
      { $set: { usedBy: job._id } },
    );
    return before ?? undefined;
  }

  private async start({ job, taskId, planner }: Plan, pid: string, bytes: number): Promise<void> {
    const now = this.surroundings.clock.now();
    const row = eventRow(datasetStartedV1, { jobId: job._id, pid, workflow: job.workflow }, now);
    const { $push, $set } = pushRows('outbox', [row], now);
    const { matchedCount } = await this.store.tasks.updateOne({ _id: taskId, state: 'planning', planner }, {
      $set: { ...$set, state: 'running', bytes, updatedAt: now },
      $push,
    } as object);
    if (matchedCount === 0 && !(await this.isStartedBy(planner, taskId))) throw taken(taskId);
    crashPoint('assembler.after-task-start');
    this.surroundings.relay.wake();
    await this.folder.foldTask(taskId);
  }

  /** The driver sends a write again whose answer was lost: then the first one makes the second miss. */
  private async isStartedBy(planner: number, taskId: string): Promise<boolean> {
    const states: TaskState[] = ['running', 'registering', 'succeeded'];
    const started = { _id: taskId, planner, state: { $in: states } };
    return (await this.store.tasks.countDocuments(started, { limit: 1 })) === 1;
  }
}

/** Code of the error of a planner that another one has overtaken. */
export const planTaken = 'assembly.plan-taken';

function taken(taskId: string): TransientError {
  return new TransientError(planTaken, `Somebody else plans ${taskId}, or has planned it.`);
}

const userCodes = new Set([
  'assembly.partial-archive',
  'assembly.partial-reset',
  'assembly.dataset-empty',
  'assembly.not-archived',
  'assembly.duplicate-path',
  'assembly.source-refused',
  'kernel.unsafe-path',
]);

function faultOf(code: string): FaultKind {
  return userCodes.has(code) ? 'user' : 'system';
}
