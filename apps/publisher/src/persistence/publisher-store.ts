import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection } from '#persistence';
import type { Content, ListPart, Publication, Recall } from './records.js';

/** publisher's own database: registrations, the content that was frozen for them, recalls for readers. */
@Injectable()
export class PublisherStore implements OnApplicationBootstrap {
  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get publications() {
    return this.mongo.connection.collection<Publication>('publications');
  }

  get contents() {
    return this.mongo.connection.collection<Content>('contents');
  }

  get listParts() {
    return this.mongo.connection.collection<ListPart>('list_parts');
  }

  get recalls() {
    return this.mongo.connection.collection<Recall>('recalls');
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
    const { publications, contents, listParts, recalls } = this;
    await publications.createIndex({ dueAt: 1 }, { name: 'due', sparse: true });
    await publications.createIndex({ 'doi.checkedAt': 1 }, { name: 'oldest_check', sparse: true });
    await publications.createIndex({ 'blocked.at': 1 }, { name: 'blocked', sparse: true });
    await contents.createIndex({ key: 1 }, { name: 'by_key' });
    await listParts.createIndex({ doi: 1, part: 1 }, { name: 'of_record' });
    await recalls.createIndex({ dueAt: 1 }, { name: 'due', sparse: true });
    await recalls.createIndex({ doi: 1, requestedAt: -1 }, { name: 'of_record' });
    await publications.createIndex({ dueAt: 1, _id: 1 }, { name: 'due_in_order', sparse: true });
    await publications.createIndex({ 'blocked.at': 1, _id: 1 }, { name: 'blocked_in_order', sparse: true });
    await recalls.createIndex({ requestedAt: -1, _id: -1 }, { name: 'newest' });
    await recalls.createIndex({ state: 1, requestedAt: -1, _id: -1 }, { name: 'newest_by_state' });
    await recalls.createIndex({ finishedAt: 1 }, { name: 'finished', sparse: true });
  }
}
