import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection } from '#persistence';
import type { Grant, Space, Upload, UploadFile, UploadPartRecord } from './records.js';

/** What is known of uploads, in the database of the app that serves them. */
@Injectable()
export class IngestorStore implements OnApplicationBootstrap {
  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get grants() {
    return this.mongo.connection.collection<Grant>('ingestor_grants');
  }

  get uploads() {
    return this.mongo.connection.collection<Upload>('ingestor_uploads');
  }

  get files() {
    return this.mongo.connection.collection<UploadFile>('ingestor_files');
  }

  get parts() {
    return this.mongo.connection.collection<UploadPartRecord>('ingestor_parts');
  }

  get space() {
    return this.mongo.connection.collection<Space>('ingestor_space');
  }

  onApplicationBootstrap(): void {
    void this.mongo
      .afterStart('indexes of uploads', () => this.createIndexes())
      .catch((error: unknown) =>
        this.logger.error({ error: messageOf(error) }, 'could not create the indexes of uploads'),
      );
  }

  /** Nothing is decided by an index: ids are unique by themselves. */
  private async createIndexes(): Promise<void> {
    const { grants, uploads, files, parts } = this;
    await grants.createIndex({ refresh: 1 }, { name: 'by_refresh' });
    await grants.createIndex({ 'uploader.username': 1, at: 1 }, { name: 'by_person' });
    await grants.createIndex({ expiresAt: 1 }, { name: 'by_end' });
    await uploads.createIndex({ state: 1, usedAt: 1 }, { name: 'by_state' });
    await files.createIndex({ upload: 1, _id: 1 }, { name: 'by_upload' });
    await files.createIndex({ key: 1 }, { name: 'by_key' });
    await files.createIndex({ 'multipart.id': 1 }, { name: 'by_multipart', sparse: true });
    await parts.createIndex({ upload: 1 }, { name: 'by_upload' });
    await parts.createIndex({ file: 1, multipart: 1, number: 1 }, { name: 'by_file' });
  }
}
