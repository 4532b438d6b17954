import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type AskedTogether, messageOf, wait } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDatabaseAway, MongoConnection, rowsWithIds, UniqueIndexes } from '#persistence';
import { catalogueIndexes, supersededTextIndex } from '#scicat-database';
import { foundTogether } from './found-together.js';
import { withoutOwnFields } from './own-fields.js';
import { StoredTogether } from './stored-together.js';
import { fillWordLists } from './word-lists.js';
import type {
  CertificateKeyRecord,
  CertificateRecord,
  CertificateRefusal,
  ClaimRecord,
  DatablockRecord,
  DatasetRecord,
  EventTicketRecord,
  SignInCodeRecord,
  JobRecord,
  RemovalRecord,
  LandingUploadRecord,
  OrigDatablockRecord,
  StoredShape,
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

/** A record as it is stored. */
export interface StoredFields {
  _id: string;
  [field: string]: unknown;
}

/** Jobs that were accepted: the others are being stored at this moment, or never were. */
export const acceptedJobs = { 'catena.storing': { $exists: false } };

/** SciCat's collections, typed, and Catena's own beside them. */
@Injectable()
export class Catalogue implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private indexing: Promise<void> = Promise.resolve();
  private readonly uniqueIndexes = new UniqueIndexes('the catalogue');
  private readonly shownTogether = new Map<CollectionName, AskedTogether<string, StoredFields | undefined>>();
  private readonly storedTogether = new Map<CollectionName, StoredTogether>();

  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get datasets() {
    return this.mongo.connection.collection<DatasetRecord>('Dataset');
  }

  /** Datasets by their pids, in the order of these, with what the projection names. */
  datasetsOf<Field extends keyof DatasetRecord>(
    pids: readonly string[],
    fields: readonly Field[],
  ): Promise<Pick<DatasetRecord, Field | 'pid' | '_id'>[]> {
    const projection = Object.fromEntries(['pid', ...fields].map((field) => [field, 1 as const]));
    return rowsWithIds(this.datasets, pids, { projection });
  }

  get origDatablocks() {
    return this.mongo.connection.collection<OrigDatablockRecord>('OrigDatablock');
  }

  get datablocks() {
    return this.mongo.connection.collection<DatablockRecord>('Datablock');
  }

  get landingUploads() {
    return this.mongo.connection.collection<LandingUploadRecord>('catena_landing_uploads');
  }

  get certificates() {
    return this.mongo.connection.collection<CertificateRecord>('catena_certificates');
  }

  /** Why a dataset has none, by its pid. */
  get certificateRefusals() {
    return this.mongo.connection.collection<CertificateRefusal>('catena_certificate_refusals');
  }

  get certificateKeys() {
    return this.mongo.connection.collection<CertificateKeyRecord>('catena_certificate_keys');
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

  /** Sign-ins whose frontend fetches the token itself. */
  get signInCodes() {
    return this.mongo.connection.collection<SignInCodeRecord>('catena_sign_in_codes');
  }

  /** Records that went, for processes that hold others of their collection in memory. */
  get removals() {
    return this.mongo.connection.collection<RemovalRecord>('catena_removed_records');
  }

  /** What was done once for all records. */
  get upgrades() {
    return this.mongo.connection.collection<{ _id: string; at: Date }>('catena_upgrades');
  }

  get users() {
    return this.mongo.connection.collection<UserRecord>('User');
  }

  /** Proposals, as the counting of their datasets sees them. */
  get proposals() {
    return this.mongo.connection.collection<{ _id: string; numberOfDatasets: number }>('Proposal');
  }

  /** Any of SciCat's collections whose documents have their business id as `_id`. */
  records(name: CollectionName) {
    return this.mongo.connection.collection<StoredFields>(name);
  }

  /** One record of any of SciCat's collections, without what Catena keeps in it. */
  shown(name: CollectionName, id: string): Promise<StoredFields | undefined> {
    let together = this.shownTogether.get(name);
    if (together === undefined) {
      together = foundTogether<StoredFields>(() => this.records(name), withoutOwnFields());
      this.shownTogether.set(name, together);
    }
    return together.of(id);
  }

  /**
   * Stores a new record; many at one time by one write.
   *
   * @throws MongoServerError 11000 when the id (or another unique field) is taken
   */
  store(name: CollectionName, record: StoredFields): Promise<void> {
    let together = this.storedTogether.get(name);
    if (together === undefined) {
      together = new StoredTogether(() => this.records(name));
      this.storedTogether.set(name, together);
    }
    return together.store(record);
  }

  /** Collections whose documents have ids of the database, or are read by a few fields only. */
  other(name: 'UserIdentity' | 'UserRole' | 'Role' | 'UserSetting' | 'Policy' | 'History' | 'RuntimeConfig') {
    return this.mongo.connection.collection(name);
  }

  /** Forms of scientific metadata that records have. */
  get metadataShapes() {
    return this.mongo.connection.collection<StoredShape>('catena_metadata_shapes');
  }

  /** As `MongoConnection.afterStart`. */
  afterStart(what: string, work: () => Promise<void>): Promise<void> {
    return this.mongo.afterStart(what, work);
  }

  /** Resolves when every index was made or found. */
  whenIndexed(): Promise<void> {
    return this.indexing;
  }

  /**
   * Resolves when nothing can be stored twice. Asked before each write that counts on a unique index.
   *
   * @throws TransientError `persistence.indexes-missing`
   */
  whenSingle(): Promise<void> {
    return this.uniqueIndexes.whenThere();
  }

  onApplicationBootstrap(): void {
    this.indexing = this.createIndexes(this.uniqueIndexes.begin());
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** @param made called when the unique ones are there */
  private async createIndexes(made: () => void): Promise<void> {
    await this.mongo.whenReady();
    for (const index of uniqueIndexes) await this.createIndex(index);
    if (!this.stopping.signal.aborted) made();
    for (const index of otherIndexes) await this.createIndex(index);
  }

  /** Without the unique ones two jobs could hold one dataset: a database that is away is waited for. */
  private async createIndex({
    collection,
    name,
    keys,
    options,
    replaces,
  }: (typeof uniqueIndexes)[number]): Promise<void> {
    while (!this.stopping.signal.aborted)
      try {
        if (isForWords(keys)) {
          // First: until all records have words, the index of an earlier version finds more.
          await fillWordLists(this.mongo.connection, collection, this.stopping.signal, this.logger);
          if (this.stopping.signal.aborted) return;
          await this.dropSuperseded(collection);
        }
        const records = this.mongo.connection.collection(collection);
        await records.createIndex(keys, { name, ...options });
        if (replaces !== undefined) await records.dropIndex(replaces).catch(unlessGone);
        return;
      } catch (error) {
        if (isSameIndexUnderAnotherName(error) && !isForWords(keys)) return;
        const facts = { collection, index: name, error: messageOf(error) };
        if (!isDatabaseAway(error))
          return this.logger.error(facts, 'could not create an index; queries that need it will be slow');
        this.logger.warn(facts, 'could not create an index now, trying again');
        await wait(1000, this.stopping.signal);
      }
  }

  /** A collection has one text index at most: one with the options of an earlier version makes room for ours. */
  private async dropSuperseded(collection: string): Promise<void> {
    const records = this.mongo.connection.collection(collection);
    const old = supersededTextIndex(await records.indexes().catch(noneIfAbsent));
    if (old === undefined) return;
    this.logger.warn({ collection, index: old }, 'the word index is made again, with options of our own');
    // Another instance may have been quicker; ours has another name, so nobody drops that one.
    await records.dropIndex(old).catch(unlessGone);
  }
}

function isForWords(keys: object): boolean {
  return Object.values(keys).includes('text');
}

/** NamespaceNotFound: no document was ever stored. */
function noneIfAbsent(error: Error & { code?: unknown }): [] {
  if (error.code === 26) return [];
  throw error;
}

/** IndexNotFound. */
function unlessGone(error: Error & { code?: unknown }): void {
  if (error.code !== 27) throw error;
}

/** What keeps records single is made before what makes searches quick: word indexes of a large collection take minutes. */
const uniqueIndexes = catalogueIndexes.filter(({ options }) => isUnique(options));
const otherIndexes = catalogueIndexes.filter(({ options }) => !isUnique(options));

function isUnique(options: object | undefined): boolean {
  return options !== undefined && 'unique' in options;
}

/** A SciCat database brings its own indexes; an equal one serves as well as ours. */
function isSameIndexUnderAnotherName(error: unknown): boolean {
  return (error as { code?: unknown }).code === 85;
}
