import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection, UniqueIndexes } from '#persistence';
import type {
  StoredCopy,
  StoredFile,
  StoredMember,
  StoredPart,
  StoredPicture,
  StoredPlan,
  StoredRecall,
  StoredRecord,
  StoredUsage,
} from './records.js';

/** The public store: the only thing the three faces read, and the ingest writes. */
@Injectable()
export class PublicStore implements OnApplicationBootstrap {
  private indexing: Promise<void> = Promise.resolve();
  private readonly uniqueIndexes = new UniqueIndexes('the publication server');

  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get records() {
    return this.mongo.connection.collection<StoredRecord>('records');
  }

  get files() {
    return this.mongo.connection.collection<StoredFile>('files');
  }

  get parts() {
    return this.mongo.connection.collection<StoredPart>('file_list_parts');
  }

  get plans() {
    return this.mongo.connection.collection<StoredPlan>('archive_plans');
  }

  get pictures() {
    return this.mongo.connection.collection<StoredPicture>('pictures');
  }

  get copies() {
    return this.mongo.connection.collection<StoredCopy>('copies');
  }

  get members() {
    return this.mongo.connection.collection<StoredMember>('copy_members');
  }

  get recalls() {
    return this.mongo.connection.collection<StoredRecall>('recall_requests');
  }

  get usage() {
    return this.mongo.connection.collection<StoredUsage>('usage');
  }

  whenReady(): Promise<void> {
    return this.mongo.whenReady();
  }

  /** Resolves when no request can be open twice. @throws TransientError `persistence.indexes-missing` */
  whenSingle(): Promise<void> {
    return this.uniqueIndexes.whenThere();
  }

  /** Resolves when every index was made or found. */
  whenIndexed(): Promise<void> {
    return this.indexing;
  }

  onApplicationBootstrap(): void {
    const made = this.uniqueIndexes.begin();
    this.indexing = this.mongo
      .afterStart('indexes', () => this.createIndexes(made))
      .catch((error: unknown) =>
        this.logger.error({ error: messageOf(error) }, 'could not create indexes; pages will be slow'),
      );
  }

  private async createIndexes(made: () => void): Promise<void> {
    const { records, files, parts, members, recalls, copies, pictures } = this;
    // First, because it decides: the others make looking quick only.
    await recalls.createIndex({ place: 1 }, { name: 'open_once', unique: true, sparse: true });
    made();
    await records.createIndex({ datestamp: 1, _id: 1 }, { name: 'harvest' });
    await records.createIndex({ sets: 1, datestamp: 1, _id: 1 }, { name: 'harvest_set' });
    await records.createIndex({ state: 1, 'record.publishedAt': -1, _id: 1 }, { name: 'newest' });
    await records.createIndex(
      { settled: 1 },
      { name: 'unsettled', partialFilterExpression: { settled: false } },
    );
    await records.createIndex({ rendering: 1 }, { name: 'rendering' });
    await records.createIndex({ embargoUntil: 1 }, { name: 'embargo', sparse: true });
    await records.createIndex({ 'record.files.sha256': 1 }, { name: 'file_list', sparse: true });
    // Earlier versions' index minds what a field named `language` holds. There can be one only, so that one goes first.
    await records.dropIndex('words').catch(unlessAbsent);
    await records.createIndex(
      { 'search.words': 'text' },
      { name: 'search_words', default_language: 'english', language_override: 'catenaTextLanguage' },
    );
    await records.createIndex(
      { 'record.resource.relatedIdentifiers.relatedIdentifier': 1 },
      { name: 'related', sparse: true },
    );
    for (const field of [
      'year',
      'resourceType',
      'instruments',
      'techniques',
      'creators',
      'keywords',
      'licence',
    ])
      await records.createIndex(
        { [`search.${field}`]: 1, 'record.publishedAt': -1, _id: 1 },
        { name: `facet_${field}` },
      );
    await files.createIndex({ list: 1, n: 1 }, { name: 'in_order' });
    await files.createIndex({ list: 1, path: 1 }, { name: 'by_path' });
    await files.createIndex({ list: 1, archiveId: 1 }, { name: 'archive_ids' });
    await parts.createIndex({ at: 1 }, { name: 'unused', partialFilterExpression: { used: false } });
    await members.createIndex({ archiveId: 1 }, { name: 'of_copy' });
    await pictures.createIndex({ doi: 1 }, { name: 'of_record' });
    await copies.createIndex({ expiresAt: 1 }, { name: 'by_expiry' });
    await recalls.createIndex({ state: 1, requestedAt: 1 }, { name: 'open' });
    await recalls.createIndex({ client: 1, requestedAt: 1 }, { name: 'of_client' });
    await recalls.createIndex({ doi: 1, state: 1 }, { name: 'of_record' });
  }
}

/** NamespaceNotFound and IndexNotFound. */
function unlessAbsent(error: Error & { code?: unknown }): void {
  if (error.code !== 26 && error.code !== 27) throw error;
}
