import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDuplicateKey, MongoConnection } from '#persistence';
import { Slots, type Lane, type ReleaseLimits } from '../release-work/fair-release.js';
import type { AssemblyJob, DatasetTask, WorkOrder } from './records.js';

interface Lease {
  readonly _id: string;
  readonly holder: string;
  readonly until: Date;
}

/** job-assembler's own database: its plan and the state of every accepted job. */
@Injectable()
export class AssemblerStore implements OnApplicationBootstrap {
  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get jobs() {
    return this.mongo.connection.collection<AssemblyJob>('jobs');
  }

  get tasks() {
    return this.mongo.connection.collection<DatasetTask>('dataset_tasks');
  }

  get orders() {
    return this.mongo.connection.collection<WorkOrder>('work_orders');
  }

  /** Ids of everything of one job: they begin with the job's own. */
  ofJob(jobId: string): { _id: { $gt: string; $lt: string } } {
    // The character after the slash.
    return { _id: { $gt: `${jobId}/`, $lt: `${jobId}0` } };
  }

  /** Whether somebody wants the job to stop. */
  async isCancelled(jobId: string): Promise<boolean> {
    return (await this.jobs.countDocuments({ _id: jobId, cancelRequested: true }, { limit: 1 })) > 0;
  }

  /** Jobs that have begun, or may: those whose time is still to come need nobody, however many there are. */
  begunBy(now: Date): { state: { $in: ('accepted' | 'running')[] }; notBefore: { $not: { $gt: Date } } } {
    return { state: { $in: ['accepted', 'running'] }, notBefore: { $not: { $gt: now } } };
  }

  whenReady(): Promise<void> {
    return this.mongo.whenReady();
  }

  /** How many there are of each state, for the documents that match. */
  async countByState<State extends string>(
    collection: 'dataset_tasks' | 'work_orders',
    match: object,
  ): Promise<Partial<Record<State, number>>> {
    const rows = await this.mongo.connection
      .collection(collection)
      .aggregate<{ _id: State; count: number }>([
        { $match: match },
        { $group: { _id: '$state', count: { $sum: 1 } } },
      ])
      .toArray();
    return Object.fromEntries(rows.map(({ _id, count }) => [_id, Number(count)])) as Partial<
      Record<State, number>
    >;
  }

  /** Work under way, counted from the stored states, so that it holds over restarts. */
  async heldSlots(limits: ReleaseLimits): Promise<Slots> {
    const rows = await this.orders
      .aggregate<{ _id: Lane; count: number }>([
        { $match: { state: 'released' } },
        { $group: { _id: { group: '$group', target: '$target' }, count: { $sum: 1 } } },
      ])
      .toArray();
    const slots = new Slots(limits);
    for (const { _id, count } of rows) slots.take(_id, Number(count));
    return slots;
  }

  /** One process at a time holds a lease; it must be renewed before `milliseconds` are over. */
  async holdLease(name: string, holder: string, milliseconds: number): Promise<boolean> {
    const now = new Date();
    try {
      const lease = await this.mongo.connection
        .collection<Lease>('leases')
        .findOneAndUpdate(
          { _id: name, $or: [{ holder }, { until: { $lt: now } }] },
          { $set: { holder, until: new Date(now.getTime() + milliseconds) } },
          { upsert: true, returnDocument: 'after' },
        );
      return lease?.holder === holder;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  onApplicationBootstrap(): void {
    void this.mongo
      .afterStart('indexes', () => this.createIndexes())
      .catch((error: unknown) => this.logger.error({ error: messageOf(error) }, 'could not create indexes'));
  }

  private async createIndexes(): Promise<void> {
    await this.jobs.createIndex({ state: 1, planningUntil: 1 }, { name: 'by_state' });
    await this.jobs.createIndex({ state: 1, updatedAt: 1 }, { name: 'stale' });
    await this.tasks.createIndex({ jobId: 1, state: 1 }, { name: 'by_job' });
    await this.tasks.createIndex({ jobId: 1, pid: 1 }, { name: 'by_pid' });
    await this.jobs.createIndex({ retryOf: 1 }, { name: 'by_predecessor', sparse: true });
    await this.tasks.createIndex({ pid: 1, state: 1 }, { name: 'by_dataset' });
    await this.tasks.createIndex({ state: 1, workflow: 1, swept: 1, updatedAt: 1 }, { name: 'unswept' });
    await this.orders.createIndex({ archiveId: 1 }, { name: 'by_datablock' });
    await this.orders.createIndex({ usedBy: 1 }, { name: 'by_user', sparse: true });
    await this.orders.createIndex({ taskId: 1, state: 1 }, { name: 'by_task' });
    await this.orders.createIndex({ jobId: 1, pid: 1 }, { name: 'by_job' });
    await this.orders.createIndex({ jobId: 1, state: 1, target: 1 }, { name: 'by_job_and_state' });
    await this.orders.createIndex(
      { state: 1, target: 1, group: 1, createdAt: 1, _id: 1 },
      { name: 'by_lane' },
    );
  }
}
