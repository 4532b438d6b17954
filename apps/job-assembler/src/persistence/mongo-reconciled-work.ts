import { Injectable } from '@nestjs/common';
import { isThere, rowsById, rowsWithIds } from '#persistence';
import { ReconciledWork, type QuietTask, type SilentOrder } from '../aggregates/reconciled-work.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { openStates, taskSteps, workOrderSteps } from '../domain/states.js';
import { AssemblerStore } from './assembler-store.js';

@Injectable()
export class MongoReconciledWork extends ReconciledWork {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async jobs(ids: readonly string[]): Promise<ReadonlyMap<string, Pick<AssemblyJob, '_id' | 'state'>>> {
    const rows = await rowsWithIds<AssemblyJob>(this.store.jobs, ids, { projection: { state: 1 } });
    return new Map(rows.map((row) => [row._id, row]));
  }

  openTasks(before: Date): AsyncIterable<QuietTask> {
    const open = { state: { $in: openStates(taskSteps) }, updatedAt: { $lt: before } };
    const projection = { jobId: 1, pid: 1, state: 1, updatedAt: 1 } as const;
    return rowsById<QuietTask>(this.store.tasks, open, { projection });
  }

  async hasOpenOrders(taskId: string): Promise<boolean> {
    const open = { taskId, state: { $in: openStates(workOrderSteps) } };
    return isThere(this.store.orders, open);
  }

  silentOrders(before: Date): AsyncIterable<SilentOrder> {
    const silent = {
      state: 'released',
      releasedAt: { $lt: before },
      $or: [{ heardAt: { $exists: false } }, { heardAt: { $lt: before } }],
    };
    const names = ['jobId', 'pid', 'archiveId', 'releasedAt', 'acceptedAt', 'heardAt'];
    const projection = Object.fromEntries(names.map((name) => [name, 1 as const]));
    return rowsById<SilentOrder>(this.store.orders, silent, { projection });
  }
}
