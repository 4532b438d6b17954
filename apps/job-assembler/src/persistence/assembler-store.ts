import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection, type EarlyRequest } from '#persistence';
import type { AssemblyJob, DatablockPlace, DatasetTask, WorkOrder } from '../aggregates/records.js';
import type { SteeringRecord } from './mongo-steering.js';

interface Lease {
  readonly _id: string;
  readonly holder: string;
  readonly until: Date;
}

/** The collections of job-assembler's own database. Only adapters of this folder use them. */
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

  get places() {
    return this.mongo.connection.collection<DatablockPlace>('datablock_places');
  }

  /** Cancellations of jobs that are not here yet. */
  get earlyCancels() {
    return this.mongo.connection.collection<EarlyRequest>('early_cancels');
  }

  get leases() {
    return this.mongo.connection.collection<Lease>('leases');
  }

  /** One record: what people said of the release of work. */
  get settings() {
    return this.mongo.connection.collection<SteeringRecord>('settings');
  }

  /** Ids of everything of one job: they begin with the job's own. */
  ofJob(jobId: string): { _id: { $gt: string; $lt: string } } {
    // The character after the slash.
    return { _id: { $gt: `${jobId}/`, $lt: `${jobId}0` } };
  }

  whenReady(): Promise<void> {
    return this.mongo.whenReady();
  }

  onApplicationBootstrap(): void {
    void this.mongo
      .afterStart('indexes', () => this.createIndexes())
      .catch((error: unknown) => this.logger.error({ error: messageOf(error) }, 'could not create indexes'));
  }

  private async createIndexes(): Promise<void> {
    await this.jobs.createIndex({ state: 1, planningUntil: 1 }, { name: 'by_state' });
    await this.jobs.createIndex({ state: 1, updatedAt: 1 }, { name: 'stale' });
    await this.jobs.createIndex({ state: 1, group: 1, planningUntil: 1 }, { name: 'by_state_and_group' });
    await this.jobs.createIndex({ state: 1, cancelRequested: 1, planningUntil: 1 }, { name: 'cancelled' });
    await this.tasks.createIndex({ jobId: 1, state: 1 }, { name: 'by_job' });
    await this.tasks.createIndex({ jobId: 1, pid: 1 }, { name: 'by_pid' });
    await this.jobs.createIndex({ retryOf: 1 }, { name: 'by_predecessor', sparse: true });
    await this.tasks.createIndex({ pid: 1, state: 1 }, { name: 'by_dataset' });
    await this.tasks.createIndex({ state: 1, workflow: 1, swept: 1, updatedAt: 1 }, { name: 'unswept' });
    await this.places.createIndex({ targets: 1 }, { name: 'by_target' });
    await this.orders.createIndex({ archiveId: 1 }, { name: 'by_datablock' });
    await this.orders.createIndex({ usedBy: 1 }, { name: 'by_user', sparse: true });
    await this.orders.createIndex({ taskId: 1, state: 1 }, { name: 'by_task' });
    await this.orders.createIndex({ jobId: 1, pid: 1 }, { name: 'by_job' });
    await this.orders.createIndex({ jobId: 1, state: 1, target: 1 }, { name: 'by_job_and_state' });
    await this.orders.createIndex(
      { state: 1, target: 1, group: 1, priority: 1, deferredUntil: 1, createdAt: 1, _id: 1 },
      { name: 'by_lane_and_priority' },
    );
    await this.orders.createIndex({ deferredUntil: 1 }, { name: 'deferred', sparse: true });
    await this.orders.createIndex({ state: 1, target: 1, endedAt: 1 }, { name: 'ended_by_lane' });
    await this.orders.createIndex({ state: 1, target: 1, bytes: 1 }, { name: 'bytes_by_lane' });
    await this.orders.createIndex({ 'outside.dueAt': 1, _id: 1 }, { name: 'outside_due', sparse: true });
    await this.orders.createIndex({ 'removal.dueAt': 1, _id: 1 }, { name: 'removal_due', sparse: true });
    await this.jobs.createIndex({ held: 1 }, { name: 'held', sparse: true });
    await this.orders.createIndex({ state: 1, createdAt: -1, _id: -1 }, { name: 'newest_by_state' });
    await this.orders.createIndex({ jobId: 1, createdAt: -1, _id: -1 }, { name: 'newest_by_job' });
    await this.orders.createIndex({ createdAt: -1, _id: -1 }, { name: 'newest' });
    await this.orders.createIndex({ group: 1, createdAt: -1, _id: -1 }, { name: 'newest_by_group' });
    await this.orders.createIndex({ targets: 1, createdAt: -1, _id: -1 }, { name: 'newest_by_target' });
    await this.orders.createIndex({ readAt: 1, createdAt: -1, _id: -1 }, { name: 'newest_read_at' });
    await this.earlyCancels.createIndex({ at: 1 }, { name: 'by_age' });
    await this.jobs.createIndex({ toSteer: 1 }, { name: 'to_steer', sparse: true });
    // Of before 0.6: the one above does what it did.
    await this.orders.dropIndex('by_lane').catch((error: unknown) => this.unlessGone(error));
    await this.orders.dropIndex('ended').catch((error: unknown) => this.unlessGone(error));
  }

  private unlessGone(error: unknown): void {
    const { codeName } = error as { codeName?: string };
    if (codeName !== 'IndexNotFound' && codeName !== 'NamespaceNotFound') throw error;
  }
}
