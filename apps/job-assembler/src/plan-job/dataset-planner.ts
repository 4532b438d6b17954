import { Inject, Injectable } from '@nestjs/common';
import { datasetStartedV1, type FaultKind, type OriginalsSource } from '#contracts';
import { CatenaError, Clock, PermanentError, crashPoint, isRetriable, messageOf, pidAsName } from '#kernel';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { CatalogClient } from '../catalog/catalog-client.js';
import { ResultFolder } from '../fold-results/result-folder.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, WorkOrder } from '../persistence/records.js';
import { ControlObjects } from './control-objects.js';
import { DatasetFiles } from './dataset-files.js';

type Entry = { readonly pid: string; readonly files: readonly string[] };

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
    private readonly files: DatasetFiles,
    private readonly surroundings: PlanningSurroundings,
  ) {}

  async plan(job: AssemblyJob, taskId: string, entry: Entry): Promise<void> {
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
          outbox: { rows: [] },
        },
      },
      { upsert: true, returnDocument: 'after' },
    );
    // Its plan was complete; the release of it may have been cut off.
    if (task?.state === 'running') return this.folder.foldTask(taskId);
    if (task?.state !== 'planning') return;
    if (job.cancelRequested) return this.folder.endTask(taskId, 'planning', 'cancelled');
    try {
      await this.store.orders.deleteMany({ taskId, state: 'drafted' });
      const bytes =
        job.workflow === 'archive'
          ? await this.draftArchive(job, taskId, entry)
          : await this.draftFromDatablocks(job, taskId, entry);
      await this.start(job, taskId, entry.pid, bytes);
    } catch (error) {
      if (isRetriable(error)) throw error;
      await this.store.orders.deleteMany({ taskId, state: 'drafted' });
      const code = error instanceof CatenaError ? error.code : 'assembly.unexpected-error';
      await this.folder.endTask(taskId, 'planning', 'failed', {
        code,
        message: messageOf(error),
        fault: faultOf(code),
      });
    }
  }

  private async draftArchive(job: AssemblyJob, taskId: string, { pid, files }: Entry): Promise<number> {
    if (files.length > 0) {
      throw new PermanentError(
        'assembly.partial-archive',
        `Expected an archive job for the whole of ${pid} (an empty files list), found a list of ${files.length} files: only whole datasets are archived.`,
      );
    }
    const dataset = await this.catalog.dataset(pid);
    const source = this.sourceOf(pid, dataset.sourceFolder);
    let bytes = 0;
    let index = 0;
    for await (const block of this.files.split(pid, dataset.sourceFolder)) {
      const reference = await this.objects.writeLines(`plans/${taskId}/${index}.ndjson`, block);
      const blockBytes = block.reduce((sum, file) => sum + file.size, 0);
      const archiveId = `${pidAsName(pid)}/${job._id}/${String(index).padStart(5, '0')}.tar`;
      await this.draft(job, taskId, index, {
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

  private async draftFromDatablocks(job: AssemblyJob, taskId: string, { pid }: Entry): Promise<number> {
    let bytes = 0;
    let index = 0;
    for await (const { archiveId, packedSize } of this.catalog.datablocks(pid)) {
      await this.draft(job, taskId, index, { pid, archiveId, bytes: packedSize, target: 'lts-read' });
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
    job: AssemblyJob,
    taskId: string,
    index: number,
    what: Pick<WorkOrder, 'pid' | 'archiveId' | 'bytes' | 'target' | 'source' | 'files' | 'fileCount'>,
  ): Promise<void> {
    const before = await this.verifiedBefore(job, what);
    await this.store.orders.updateOne(
      { _id: `${taskId}/${index}` },
      {
        $setOnInsert: {
          jobId: job._id,
          taskId,
          kind: job.workflow,
          group: job.group,
          share: 0,
          createdAt: this.surroundings.clock.now(),
          outbox: { rows: [] },
          ...what,
          state: 'drafted',
          ...(before === undefined ? {} : { archiveId: before.archiveId, result: before.result, share: 1 }),
        },
      },
      { upsert: true },
    );
  }

  /** A retried job uses what its predecessor archived and verified of the same files. */
  private async verifiedBefore(
    job: AssemblyJob,
    what: Pick<WorkOrder, 'pid' | 'files' | 'source'>,
  ): Promise<Pick<WorkOrder, 'archiveId' | 'result'> | undefined> {
    if (job.retryOf === undefined || what.files === undefined) return undefined;
    const before = await this.store.orders.findOne({
      jobId: job.retryOf,
      pid: what.pid,
      state: 'done',
      kind: 'archive',
      'files.sha256': what.files.sha256,
      'source.location': what.source?.location,
    });
    return before ?? undefined;
  }

  private async start(job: AssemblyJob, taskId: string, pid: string, bytes: number): Promise<void> {
    const now = this.surroundings.clock.now();
    const row = eventRow(
      datasetStartedV1,
      { jobId: job._id, pid, workflow: job.workflow },
      { subject: pid, partitionKey: job._id, sequence: 1 },
      now,
    );
    const { $push, $set } = pushRows('outbox', [row], now);
    await this.store.tasks.updateOne({ _id: taskId, state: 'planning' }, {
      $set: { ...$set, state: 'running', bytes, updatedAt: now },
      $push,
    } as object);
    crashPoint('assembler.after-task-start');
    this.surroundings.relay.wake();
    await this.folder.foldTask(taskId);
  }

  private sourceOf(pid: string, sourceFolder: string): OriginalsSource {
    const { sourceFolderRoots, landingZoneBucket } = this.surroundings.config;
    const mounted = sourceFolderRoots.some(
      (root) => sourceFolder === root || sourceFolder.startsWith(`${root.replace(/\/$/, '')}/`),
    );
    return mounted
      ? { kind: 'source-folder', location: sourceFolder }
      : { kind: 'landing-zone', location: pidAsName(pid), bucket: landingZoneBucket };
  }
}

const userCodes = new Set([
  'assembly.partial-archive',
  'assembly.dataset-empty',
  'assembly.not-archived',
  'assembly.duplicate-path',
  'kernel.unsafe-path',
]);

function faultOf(code: string): FaultKind {
  return userCodes.has(code) ? 'user' : 'system';
}
