import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { MongoConnection } from '#persistence';
import type {
  ClaimRecord,
  DatablockRecord,
  DatasetRecord,
  EventTicketRecord,
  JobRecord,
  OrigDatablockRecord,
  UserRecord,
} from './records.js';

/** SciCat's collections whose documents have their business id as `_id`. */
export type CollectionName =
  | 'Dataset'
  | 'OrigDatablock'
  | 'Datablock'
  | 'Attachment'
  | 'Job'
  | 'PublishedData'
  | 'Proposal'
  | 'Sample'
  | 'Instrument'
  | 'Policy'
  | 'MetadataKeys';

interface Index {
  readonly collection: string;
  readonly name: string;
  readonly keys: Readonly<Record<string, 1 | -1 | 'text'>>;
  readonly options?: object;
}

/** Every query that ships has its index here. Names start with `catena_`, so that an existing SciCat database shows whose they are. */
const indexes: readonly Index[] = [
  { collection: 'Dataset', name: 'catena_pid', keys: { pid: 1 }, options: { unique: true } },
  { collection: 'Dataset', name: 'catena_newest', keys: { createdAt: -1 } },
  { collection: 'Dataset', name: 'catena_owner_newest', keys: { ownerGroup: 1, createdAt: -1 } },
  { collection: 'Dataset', name: 'catena_access_newest', keys: { accessGroups: 1, createdAt: -1 } },
  { collection: 'Dataset', name: 'catena_published_newest', keys: { isPublished: 1, createdAt: -1 } },
  { collection: 'Dataset', name: 'catena_text', keys: { '$**': 'text' } },
  { collection: 'Dataset', name: 'catena_inputs', keys: { inputDatasets: 1 } },
  { collection: 'Dataset', name: 'catena_shared', keys: { sharedWith: 1 } },
  { collection: 'PublishedData', name: 'catena_text', keys: { '$**': 'text' } },
  { collection: 'PublishedData', name: 'catena_newest', keys: { createdAt: -1 } },
  { collection: 'PublishedData', name: 'catena_state', keys: { status: 1, createdAt: -1 } },
  { collection: 'PublishedData', name: 'catena_creator', keys: { createdBy: 1, createdAt: -1 } },
  { collection: 'History', name: 'catena_document', keys: { subsystem: 1, documentId: 1, timestamp: -1 } },
  { collection: 'OrigDatablock', name: 'catena_dataset', keys: { datasetId: 1, _id: 1 } },
  { collection: 'Datablock', name: 'catena_dataset', keys: { datasetId: 1, _id: 1 } },
  { collection: 'Datablock', name: 'catena_archive_id', keys: { archiveId: 1 }, options: { unique: true } },
  { collection: 'Job', name: 'catena_text', keys: { '$**': 'text' } },
  { collection: 'Job', name: 'catena_newest', keys: { createdAt: -1 } },
  { collection: 'Job', name: 'catena_changed', keys: { updatedAt: 1 } },
  { collection: 'Job', name: 'catena_owner_group', keys: { ownerGroup: 1, createdAt: -1 } },
  { collection: 'Job', name: 'catena_owner_user', keys: { ownerUser: 1, createdAt: -1 } },
  {
    collection: 'Job',
    name: 'catena_idempotency',
    keys: { 'catena.idempotency.user': 1, 'catena.idempotency.key': 1 },
    options: { unique: true, partialFilterExpression: { 'catena.idempotency.key': { $exists: true } } },
  },
  { collection: 'User', name: 'catena_username', keys: { username: 1 } },
  { collection: 'User', name: 'catena_email', keys: { email: 1 }, options: { unique: true } },
  { collection: 'UserIdentity', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'UserIdentity', name: 'catena_external', keys: { externalId: 1, authStrategy: 1 } },
  { collection: 'UserIdentity', name: 'catena_email', keys: { 'profile.email': 1 } },
  { collection: 'UserSetting', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'UserRole', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'Policy', name: 'catena_owner', keys: { ownerGroup: 1 } },
  ...ownedLists('Proposal'),
  { collection: 'Proposal', name: 'catena_text', keys: { '$**': 'text' } },
  ...ownedLists('Sample'),
  { collection: 'Sample', name: 'catena_text', keys: { '$**': 'text' } },
  { collection: 'Proposal', name: 'catena_parent', keys: { parentProposalId: 1 } },
  { collection: 'Dataset', name: 'catena_proposals', keys: { proposalIds: 1, createdAt: -1 } },
  { collection: 'Dataset', name: 'catena_samples', keys: { sampleIds: 1, createdAt: -1 } },
  {
    collection: 'Instrument',
    name: 'catena_unique_name',
    keys: { uniqueName: 1 },
    options: { unique: true },
  },
  { collection: 'Attachment', name: 'catena_target', keys: { 'relationships.targetId': 1, createdAt: -1 } },
  ...ownedLists('Attachment'),
  { collection: 'MetadataKeys', name: 'catena_source', keys: { sourceType: 1, sourceId: 1 } },
  { collection: 'MetadataKeys', name: 'catena_newest', keys: { createdAt: -1 } },
  { collection: 'MetadataKeys', name: 'catena_published_newest', keys: { isPublished: 1, createdAt: -1 } },
  { collection: 'MetadataKeys', name: 'catena_groups_newest', keys: { userGroups: 1, createdAt: -1 } },
  {
    collection: 'catena_dataset_claims',
    name: 'catena_exclusive',
    keys: { exclusive: 1 },
    options: { unique: true, partialFilterExpression: { exclusive: { $exists: true } } },
  },
  { collection: 'History', name: 'catena_newest', keys: { timestamp: -1 } },
  { collection: 'History', name: 'catena_subsystem_newest', keys: { subsystem: 1, timestamp: -1 } },
  { collection: 'RuntimeConfig', name: 'catena_cid', keys: { cid: 1 }, options: { unique: true } },
  {
    collection: 'catena_revoked_tokens',
    name: 'catena_expiry',
    keys: { expiresAt: 1 },
    options: { expireAfterSeconds: 0 },
  },
  {
    collection: 'catena_event_tickets',
    name: 'catena_expiry',
    keys: { expiresAt: 1 },
    options: { expireAfterSeconds: 0 },
  },
  { collection: 'catena_dataset_claims', name: 'catena_job', keys: { jobId: 1, pid: 1 } },
];

/** Lists of records with groups, newest first: of all, and of each part that an access rule asks for. */
function ownedLists(collection: CollectionName): Index[] {
  return [
    { collection, name: 'catena_newest', keys: { createdAt: -1 } },
    { collection, name: 'catena_owner_newest', keys: { ownerGroup: 1, createdAt: -1 } },
    { collection, name: 'catena_access_newest', keys: { accessGroups: 1, createdAt: -1 } },
    { collection, name: 'catena_published_newest', keys: { isPublished: 1, createdAt: -1 } },
  ];
}

/** SciCat's collections, typed, and Catena's own beside them. */
@Injectable()
export class Catalogue implements OnApplicationBootstrap {
  constructor(
    readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get datasets() {
    return this.mongo.connection.collection<DatasetRecord>('Dataset');
  }

  get origDatablocks() {
    return this.mongo.connection.collection<OrigDatablockRecord>('OrigDatablock');
  }

  get datablocks() {
    return this.mongo.connection.collection<DatablockRecord>('Datablock');
  }

  get jobs() {
    return this.mongo.connection.collection<JobRecord>('Job');
  }

  get claims() {
    return this.mongo.connection.collection<ClaimRecord>('catena_dataset_claims');
  }

  /** Tokens that were signed out, by the digest of the token. */
  get revokedTokens() {
    return this.mongo.connection.collection<{ _id: string; expiresAt: Date }>('catena_revoked_tokens');
  }

  /** Right to open one event stream, once. */
  get eventTickets() {
    return this.mongo.connection.collection<EventTicketRecord>('catena_event_tickets');
  }

  get users() {
    return this.mongo.connection.collection<UserRecord>('User');
  }

  /** Any of SciCat's collections whose documents have their business id as `_id`. */
  records(name: CollectionName) {
    return this.mongo.connection.collection<{ _id: string; [field: string]: unknown }>(name);
  }

  /** Collections whose documents have ids of the database, or are read by a few fields only. */
  other(name: 'UserIdentity' | 'UserRole' | 'Role' | 'UserSetting' | 'Policy' | 'History' | 'RuntimeConfig') {
    return this.mongo.connection.collection(name);
  }

  onApplicationBootstrap(): void {
    void this.createIndexes();
  }

  private async createIndexes(): Promise<void> {
    await this.mongo.whenReady();
    for (const { collection, name, keys, options } of indexes) {
      try {
        await this.mongo.connection.collection(collection).createIndex(keys, { name, ...options });
      } catch (error) {
        if (isSameIndexUnderAnotherName(error)) continue;
        this.logger.error(
          { collection, index: name, error: messageOf(error) },
          'could not create an index; queries that need it will be slow',
        );
      }
    }
  }
}

/** A SciCat database brings its own indexes; an equal one serves as well as ours. */
function isSameIndexUnderAnotherName(error: unknown): boolean {
  return (error as { code?: unknown }).code === 85;
}
