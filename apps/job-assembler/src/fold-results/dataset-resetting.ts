import { Injectable } from '@nestjs/common';
import { datasetResetPreparedV1, discardDatablockV1, type ResetLine } from '#contracts';
import { Clock, crashPoint, TransientError } from '#kernel';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { DatasetTask } from '../persistence/records.js';
import { ControlObjects } from '../plan-job/control-objects.js';

/** The two halves of a reset: the catalogue's list first, and only when it has let go of the datablocks, the tapes. */
@Injectable()
export class DatasetResetting {
  constructor(
    private readonly store: AssemblerStore,
    private readonly objects: ControlObjects,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  /** The plan is complete: the catalogue may take these datablocks off its list, and says when it has. */
  async submit(task: DatasetTask, expected: number): Promise<void> {
    const lines: ResetLine[] = [];
    for await (const { archiveId } of this.store.orders
      .find({ taskId: task._id, state: 'done' }, { projection: { archiveId: 1 } })
      .sort({ archiveId: 1, _id: 1 }))
      lines.push({ archiveId });
    if (lines.length !== expected)
      throw new TransientError(
        'assembly.list-incomplete',
        `Expected ${expected} datablocks of ${task._id}, read ${lines.length}; they are read again.`,
      );
    const datablocks = await this.objects.writeLines(`results/${task._id}.ndjson`, lines);
    const { jobId, pid, context } = task;
    const now = this.clock.now();
    const row = eventRow(
      datasetResetPreparedV1,
      { jobId, pid, datablockCount: lines.length, datablocks },
      now,
      context,
    );
    const { $push, $set } = pushRows('outbox', [row], now);
    await this.store.tasks.updateOne({ _id: task._id, state: 'running' }, {
      $set: { ...$set, state: 'registering', updatedAt: now },
      $push,
    } as object);
    crashPoint('assembler.after-task-end');
    this.relay.wake();
  }

  /** The catalogue lists them no more: the archiver may set the tapes aside, and asks before it does. Can be repeated. */
  async setAside(taskId: string): Promise<void> {
    const open = { taskId, kind: 'reset' as const, state: 'done' as const, discardedAt: { $exists: false } };
    for await (const { _id, jobId, pid, archiveId, archivedBy, context } of this.store.orders
      .find(open as object)
      .sort({ _id: 1 })) {
      const now = this.clock.now();
      const owner = archivedBy === undefined ? {} : { archivedBy };
      const row = eventRow(
        discardDatablockV1,
        { workOrderId: `${_id}/discard`, jobId, pid, archiveId, ...owner, reset: true },
        now,
        context,
      );
      const { $push, $set } = pushRows('outbox', [row], now);
      await this.store.orders.updateOne(
        { _id, discardedAt: { $exists: false } },
        { $set: { ...$set, discardedAt: now }, $push },
      );
    }
    crashPoint('assembler.after-set-aside');
    this.relay.wake();
  }
}
