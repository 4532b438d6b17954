import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  datasetArchivedV1,
  datasetCancelledV1,
  datasetFailedV1,
  datasetRetrievedV1,
  datasetVerifiedV1,
  type DatablockLine,
} from '#contracts';
import { Clock, crashPoint, messageOf, TransientError } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow, OutboxRelay, pushRows, type OutboxRow } from '#outbox';
import { foldWorkOrders, type WorkOrderState } from '../domain/fold.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { DatasetTask, Fault } from '../persistence/records.js';
import { ControlObjects } from '../plan-job/control-objects.js';
import { JobEnding } from './job-ending.js';
import { DatasetResetting } from './dataset-resetting.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';

const taskAddress = 'dataset_tasks/';

/** What folding sets in motion. */
@Injectable()
export class FoldingSurroundings {
  constructor(
    readonly relay: OutboxRelay,
    readonly clock: Clock,
    @Inject(LOGGER) readonly logger: Logger,
  ) {}
}

/** Folds the results of work orders into datasets and those into the job. Every fold can be repeated. */
@Injectable()
export class ResultFolder implements OnApplicationBootstrap {
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly store: AssemblerStore,
    private readonly objects: ControlObjects,
    private readonly ending: JobEnding,
    private readonly unregistered: UnregisteredDatablocks,
    private readonly resets: DatasetResetting,
    private readonly surroundings: FoldingSurroundings,
  ) {}

  private get relay(): OutboxRelay {
    return this.surroundings.relay;
  }

  private get clock(): Clock {
    return this.surroundings.clock;
  }

  /** A job is over when the catalogue has heard of all its datasets: its receipts are a reason to look. */
  onApplicationBootstrap(): void {
    this.relay.onAccepted((acceptances) => {
      const tasks = acceptances.filter(({ address }) => address.startsWith(taskAddress));
      const jobIds = new Set(
        tasks.map(({ address }) => address.slice(taskAddress.length, address.lastIndexOf('/'))),
      );
      for (const jobId of jobIds)
        this.foldJob(jobId).catch((error: unknown) =>
          this.surroundings.logger.warn({ jobId, error: messageOf(error) }, 'fold failed, a sweep will'),
        );
    });
  }

  /** Calls back when a work order ended: there may be room for the next one. */
  onProgress(listener: () => void): void {
    this.listeners.push(listener);
  }

  async foldTask(taskId: string): Promise<void> {
    for (const listener of this.listeners) listener();
    const task = await this.store.tasks.findOne({ _id: taskId });
    if (task?.state !== 'running') return;
    const counts = await this.store.countByState<WorkOrderState>('work_orders', planOf(task));
    if ((counts.drafted ?? 0) > 0) {
      await this.releaseDrafts(task);
      return this.foldTask(taskId);
    }
    if ((counts.failed ?? 0) > 0 && (counts.planned ?? 0) > 0) {
      await this.store.orders.updateMany({ taskId, state: 'planned' }, { $set: { state: 'cancelled' } });
      return this.foldTask(taskId);
    }
    const end = isEmptyReset(task, counts) ? 'succeeded' : foldWorkOrders(counts);
    if (end === 'failed') {
      const failed = await this.store.orders.findOne(
        { taskId, state: 'failed' },
        { projection: { fault: 1 } },
      );
      await this.endTask(taskId, 'running', 'failed', failed?.fault);
    } else if (end === 'cancelled') {
      await this.unregistered.discard(taskId);
      await this.endTask(taskId, 'running', 'cancelled');
    } else if (end === 'succeeded') {
      if (task.workflow === 'archive') await this.submitForRegistration(task, counts.done ?? 0);
      else if (task.workflow === 'reset') await this.resets.submit(task, counts.done ?? 0);
      else await this.endTask(taskId, 'running', 'succeeded');
    }
  }

  /** A running dataset has a complete plan: what is drafted is work, or was done by an earlier job. Can be repeated. */
  private async releaseDrafts(task: DatasetTask): Promise<void> {
    const drafts = { ...planOf(task), state: 'drafted' as const };
    await this.store.orders.updateMany({ ...drafts, share: 1 }, { $set: { state: 'done' } });
    // A cancel request may have come while the plan was made, when there was nothing to cancel yet.
    const state = (await this.store.isCancelled(task.jobId)) ? 'cancelled' : 'planned';
    await this.store.orders.updateMany(drafts, { $set: { state } });
    // One that comes in this very moment finds either drafts or planned orders, and cancels them itself.
  }

  /** A dataset's part is over: its state and the message about it in one write. */
  async endTask(
    taskId: string,
    from: DatasetTask['state'],
    to: 'succeeded' | 'failed' | 'cancelled',
    fault?: Fault,
  ): Promise<void> {
    const now = this.clock.now();
    const task = await this.store.tasks.findOne({ _id: taskId });
    if (task === null) return;
    const row = endRow(task, to, fault, now);
    const { $push, $set } = pushRows('outbox', row === undefined ? [] : [row], now);
    await this.store.tasks.updateOne(
      { _id: taskId, state: from },
      {
        $set: { ...$set, state: to, updatedAt: now, ...(fault === undefined ? {} : { fault }) },
        $push,
      },
    );
    crashPoint('assembler.after-task-end');
    this.relay.wake();
    await this.foldJob(task.jobId);
  }

  foldJob(jobId: string): Promise<void> {
    return this.ending.foldJob(jobId);
  }

  async failJob(jobId: string, fault: Fault): Promise<void> {
    await this.ending.fail(jobId, fault);
  }

  /** All datablocks are verified: the catalogue may register them, and says when it has. */
  private async submitForRegistration(task: DatasetTask, expected: number): Promise<void> {
    const lines: DatablockLine[] = [];
    let packedSize = 0;
    for await (const { archiveId, result } of this.store.orders
      .find({ taskId: task._id, state: 'done' })
      .sort({ archiveId: 1, _id: 1 })) {
      if (result?.kind !== 'archive') continue;
      lines.push({
        archiveId,
        size: result.size,
        packedSize: result.packedSize,
        sha256: result.sha256,
        manifest: result.manifest,
      });
      packedSize += result.packedSize;
    }
    if (lines.length !== expected)
      throw new TransientError(
        'assembly.list-incomplete',
        `Expected ${expected} datablocks of ${task._id}, read ${lines.length}; they are read again.`,
      );
    const datablocks = await this.objects.writeLines(`results/${task._id}.ndjson`, lines);
    const now = this.clock.now();
    const row = eventRow(
      datasetArchivedV1,
      { jobId: task.jobId, pid: task.pid, datablockCount: lines.length, packedSize, datablocks },
      now,
      task.context,
    );
    const { $push, $set } = pushRows('outbox', [row], now);
    await this.store.tasks.updateOne({ _id: task._id, state: 'running' }, {
      $set: { ...$set, state: 'registering', updatedAt: now },
      $push,
    } as object);
    crashPoint('assembler.after-task-end');
    this.relay.wake();
  }
}

/** A dataset that was never archived has nothing to take away, and is reset all the same. */
function isEmptyReset({ workflow }: DatasetTask, counts: Partial<Record<WorkOrderState, number>>): boolean {
  return workflow === 'reset' && Object.values(counts).every((count) => count === 0);
}

/** Work orders of the plan that the dataset was started with; plans of older versions have no token. */
function planOf({ _id: taskId, planner }: DatasetTask): { taskId: string; planner?: number } {
  return planner === undefined ? { taskId } : { taskId, planner };
}

function endRow(
  { jobId, pid, workflow, context }: DatasetTask,
  to: 'succeeded' | 'failed' | 'cancelled',
  fault: Fault | undefined,
  now: Date,
): OutboxRow | undefined {
  if (to === 'cancelled') return eventRow(datasetCancelledV1, { jobId, pid, workflow }, now, context);
  if (to === 'failed') {
    const {
      code,
      message,
      fault: kind,
    } = fault ?? {
      code: 'assembly.unexpected-error',
      message: 'The reason was not recorded.',
      fault: 'system' as const,
    };
    return eventRow(
      datasetFailedV1,
      { jobId, pid, workflow, code, message: message.slice(0, 2000), fault: kind },
      now,
      context,
    );
  }
  if (workflow === 'retrieve') return eventRow(datasetRetrievedV1, { jobId, pid }, now, context);
  return workflow === 'verify' ? eventRow(datasetVerifiedV1, { jobId, pid }, now, context) : undefined;
}
