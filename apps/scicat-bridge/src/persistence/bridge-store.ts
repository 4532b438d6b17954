import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection } from '#persistence';
import type { BridgeJob, BridgePart, Errand } from './records.js';

/** The bridge's own database: jobs that SciCat has, their datasets, and what SciCat has to be told of them. */
@Injectable()
export class BridgeStore implements OnApplicationBootstrap {
  private readonly indexed: Promise<void>;
  private whenIndexed: () => void = () => undefined;

  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.indexed = new Promise((resolve) => (this.whenIndexed = resolve));
  }

  get jobs() {
    return this.mongo.connection.collection<BridgeJob>('bridge_jobs');
  }

  get parts() {
    return this.mongo.connection.collection<BridgePart>('bridge_parts');
  }

  get errands() {
    return this.mongo.connection.collection<Errand>('bridge_errands');
  }

  /** When its indexes stand: one of them decides between two jobs that want the same dataset. */
  whenReady(): Promise<void> {
    return this.indexed;
  }

  onApplicationBootstrap(): void {
    void this.mongo
      .afterStart('indexes', () => this.createIndexes())
      .then(this.whenIndexed)
      .catch((error: unknown) => this.logger.error({ error: messageOf(error) }, 'could not create indexes'));
  }

  private async createIndexes(): Promise<void> {
    const { jobs, parts, errands } = this;
    await parts.createIndex({ exclusive: 1 }, { name: 'exclusive', unique: true, sparse: true });
    await parts.createIndex({ jobId: 1, _id: 1 }, { name: 'by_job' });
    await parts.createIndex({ pid: 1, at: -1 }, { name: 'by_dataset' });
    await jobs.createIndex({ dueAt: 1 }, { name: 'due', sparse: true });
    await jobs.createIndex({ state: 1, seenAt: -1, _id: -1 }, { name: 'newest_by_state' });
    await jobs.createIndex({ seenAt: -1, _id: -1 }, { name: 'newest' });
    await jobs.createIndex({ endedAt: 1 }, { name: 'ended', sparse: true });
    await errands.createIndex({ jobId: 1, doneAt: 1, sequence: 1, at: 1, _id: 1 }, { name: 'by_job' });
    await errands.createIndex({ doneAt: 1, at: 1 }, { name: 'oldest_open' });
  }
}
