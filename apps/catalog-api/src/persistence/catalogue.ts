import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { AskedTogether } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection, rowsWithIds, UniqueIndexes } from '#persistence';
import { catalogueIndexes } from '#scicat-database';
import { CatalogueIndexing } from './catalogue-indexing.js';
import { foundTogether } from './found-together.js';
import { withoutOwnFields } from './own-fields.js';
import { StoredTogether } from './stored-together.js';
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
  KeysOwedRecord,
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
  private readonly storedTogether = new Map<CollectionName | 'History', StoredTogether>();

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

  /** Processes that write keys after their answers. */
  get keysOwed() {
    return this.mongo.connection.collection<KeysOwedRecord>('catena_metadata_keys_owed');
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
    return this.together(name).store(record);
  }

  /** The same for the history of one change. */
  storeChange(change: Readonly<Record<string, unknown>>): Promise<void> {
    return this.together('History').store(change);
  }

  private together(name: CollectionName | 'History'): StoredTogether {
    const known = this.storedTogether.get(name);
    if (known !== undefined) return known;
    const together = new StoredTogether(() => this.mongo.connection.collection(name));
    this.storedTogether.set(name, together);
    return together;
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
    const { signal } = this.stopping;
    const indexing = new CatalogueIndexing(this.mongo.connection, signal, this.logger);
    await indexing.make(uniqueIndexes);
    if (!signal.aborted) made();
    await indexing.make(otherIndexes);
  }
}

/** What keeps records single is made before what makes searches quick: word indexes of a large collection take minutes. */
const uniqueIndexes = catalogueIndexes.filter(({ options }) => isUnique(options));
const otherIndexes = catalogueIndexes.filter(({ options }) => !isUnique(options));

function isUnique(options: object | undefined): boolean {
  return options !== undefined && 'unique' in options;
}
