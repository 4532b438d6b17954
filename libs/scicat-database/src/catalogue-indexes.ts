import { wordIndex, wordOptions } from './word-indexes.js';
import { wordsField } from './words.js';

/** One index, as `createIndex` takes it. */
export interface CatalogueIndex {
  readonly collection: string;
  readonly name: string;
  /** Order counts: a query can use the first keys without the later ones. */
  readonly keys: Readonly<Record<string, 1 | -1 | 'text'>>;
  /** An index of earlier versions that does nothing beside this one. */
  readonly replaces?: string;
  readonly options?: {
    readonly unique?: boolean;
    readonly partialFilterExpression?: object;
    readonly expireAfterSeconds?: number;
    readonly default_language?: string;
    readonly language_override?: string;
  };
}

/** As the records were made; what was made at once has one order too. */
const age = { createdAt: 1, _id: 1 } as const;

/**
 * Every query that ships has its index here. Names start with `catena_`, so that an existing SciCat database shows whose
 * they are; no two of one collection have the same name.
 */
export const catalogueIndexes: readonly CatalogueIndex[] = [
  { collection: 'Dataset', name: 'catena_pid', keys: { pid: 1 }, options: { unique: true } },
  ...ownedLists('Dataset'),
  words('Dataset'),
  idempotencyKeys('Dataset'),
  {
    collection: 'Dataset',
    name: 'catena_idempotency_age',
    keys: { 'catena.idempotency.at': 1 },
    options: { partialFilterExpression: { 'catena.idempotency.at': { $exists: true } } },
  },
  { collection: 'Dataset', name: 'catena_changed', keys: { updatedAt: 1 } },
  { collection: 'Dataset', name: 'catena_inputs', keys: { inputDatasets: 1 } },
  { collection: 'Dataset', name: 'catena_shared', keys: { sharedWith: 1 } },
  words('PublishedData'),
  byAge('PublishedData'),
  partByAge('PublishedData', 'catena_state', 'status'),
  partByAge('PublishedData', 'catena_creator', 'createdBy'),
  { collection: 'PublishedData', name: 'catena_datasets', keys: { datasetPids: 1 } },
  { collection: 'PublishedData', name: 'catena_embargo', keys: { 'catena.embargoUntil': 1 } },
  {
    collection: 'PublishedData',
    name: 'catena_opening',
    keys: { 'catena.opening': 1 },
    options: { partialFilterExpression: { 'catena.opening': { $exists: true } } },
  },
  { collection: 'History', name: 'catena_document', keys: { subsystem: 1, documentId: 1, timestamp: -1 } },
  { collection: 'OrigDatablock', name: 'catena_dataset', keys: { datasetId: 1, _id: 1 } },
  { collection: 'OrigDatablock', name: 'catena_dataset_age', keys: { datasetId: 1, ...age } },
  byAge('OrigDatablock'),
  { collection: 'Datablock', name: 'catena_dataset', keys: { datasetId: 1, _id: 1 } },
  { collection: 'Datablock', name: 'catena_dataset_age', keys: { datasetId: 1, ...age } },
  byAge('Datablock'),
  { collection: 'Datablock', name: 'catena_archive_id', keys: { archiveId: 1 }, options: { unique: true } },
  ...announcedWrites('OrigDatablock'),
  ...announcedWrites('Datablock'),
  words('Job'),
  byAge('Job'),
  { collection: 'Job', name: 'catena_changed', keys: { updatedAt: 1 } },
  partByAge('Job', 'catena_owner_group', 'ownerGroup'),
  partByAge('Job', 'catena_owner_user', 'ownerUser'),
  // Long lists of jobs by each filter of their rows, and what streams of events missed.
  byAge('Job', 'status', 'statusCode'),
  byAge('Job', 'type', 'type'),
  {
    collection: 'Job',
    name: 'catena_unfinished',
    keys: { 'catena.unfinished': 1, ...age },
    options: { partialFilterExpression: { 'catena.unfinished': { $exists: true } } },
  },
  { collection: 'Job', name: 'catena_pids', keys: { 'jobParams.datasetList.pid': 1 } },
  {
    collection: 'Job',
    name: 'catena_retries',
    keys: { 'catena.retryOf': 1 },
    options: { partialFilterExpression: { 'catena.retryOf': { $exists: true } } },
  },
  {
    collection: 'Job',
    name: 'catena_progressed',
    keys: { 'catena.progress.at': 1 },
    options: { partialFilterExpression: { 'catena.progress.at': { $exists: true } } },
  },
  idempotencyKeys('Job'),
  {
    collection: 'Job',
    name: 'catena_storing',
    keys: { 'catena.storing': 1 },
    options: { partialFilterExpression: { 'catena.storing': { $exists: true } } },
  },
  {
    collection: 'Job',
    name: 'catena_mails_due',
    keys: { 'catena.mailsDue': 1 },
    options: { partialFilterExpression: { 'catena.mailsDue': { $exists: true } } },
  },
  { collection: 'User', name: 'catena_username', keys: { username: 1 } },
  { collection: 'User', name: 'catena_email', keys: { email: 1 }, options: { unique: true } },
  { collection: 'UserIdentity', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'UserIdentity', name: 'catena_external', keys: { externalId: 1, authStrategy: 1 } },
  { collection: 'UserIdentity', name: 'catena_email', keys: { 'profile.email': 1 } },
  { collection: 'UserSetting', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'UserRole', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'Policy', name: 'catena_owner', keys: { ownerGroup: 1 } },
  byAge('Policy'),
  ...ownedLists('Proposal'),
  words('Proposal'),
  ...ownedLists('Sample'),
  words('Sample'),
  { collection: 'Proposal', name: 'catena_parent', keys: { parentProposalId: 1 } },
  partByAge('Dataset', 'catena_proposals', 'proposalIds'),
  partByAge('Dataset', 'catena_samples', 'sampleIds'),
  byAge('Instrument'),
  {
    collection: 'Instrument',
    name: 'catena_unique_name',
    keys: { uniqueName: 1 },
    // Instruments of old installations have no such name.
    options: { unique: true, partialFilterExpression: { uniqueName: { $exists: true } } },
  },
  partByAge('Attachment', 'catena_target', 'relationships.targetId'),
  ...ownedLists('Attachment'),
  { collection: 'MetadataKeys', name: 'catena_source', keys: { sourceType: 1, sourceId: 1 } },
  byAge('MetadataKeys'),
  byAge('MetadataKeys', 'published', 'isPublished'),
  byAge('MetadataKeys', 'groups', 'userGroups'),
  {
    collection: 'catena_dataset_claims',
    name: 'catena_exclusive',
    keys: { exclusive: 1 },
    options: { unique: true, partialFilterExpression: { exclusive: { $exists: true } } },
  },
  { collection: 'History', name: 'catena_newest', keys: { timestamp: -1 } },
  { collection: 'History', name: 'catena_subsystem_newest', keys: { subsystem: 1, timestamp: -1 } },
  { collection: 'History', name: 'catena_document_newest', keys: { documentId: 1, timestamp: -1 } },
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
  {
    collection: 'catena_sign_in_codes',
    name: 'catena_expiry',
    keys: { expiresAt: 1 },
    options: { expireAfterSeconds: 0 },
  },
  {
    collection: 'catena_removed_records',
    name: 'catena_expiry',
    keys: { at: 1 },
    options: { expireAfterSeconds: 86_400 },
  },
  { collection: 'catena_landing_uploads', name: 'catena_user', keys: { userId: 1 } },
  { collection: 'catena_landing_uploads', name: 'catena_upload', keys: { uploadId: 1 } },
  { collection: 'catena_certificates', name: 'catena_newest', keys: { pid: 1, issuedAt: -1, _id: 1 } },
  { collection: 'catena_certificate_keys', name: 'catena_newest', keys: { validFrom: -1, _id: 1 } },
  { collection: 'catena_dataset_claims', name: 'catena_dataset', keys: { pid: 1 } },
  { collection: 'catena_dataset_claims', name: 'catena_job', keys: { jobId: 1, pid: 1 } },
  { collection: 'Dataset', name: 'catena_keys', keys: { catenaKeys: 1 } },
  { collection: 'Sample', name: 'catena_keys', keys: { catenaKeys: 1 } },
  { collection: 'catena_metadata_shapes', name: 'catena_owner', keys: { ownerGroup: 1 } },
  { collection: 'catena_metadata_shapes', name: 'catena_access', keys: { accessGroups: 1 } },
  { collection: 'catena_metadata_shapes', name: 'catena_published', keys: { isPublished: 1 } },
  // Last: a first start reads all lists of files for it, and the others need not wait.
  words('OrigDatablock'),
];

/** Searches for words, in what `wordsOf` made of the record. */
function words(collection: string): CatalogueIndex {
  return { collection, name: wordIndex, keys: { [wordsField]: 'text' }, options: wordOptions };
}

/** Records that were posted under a key: one for each key of an account. */
function idempotencyKeys(collection: string): CatalogueIndex {
  return {
    collection,
    name: 'catena_idempotency',
    keys: { 'catena.idempotency.user': 1, 'catena.idempotency.key': 1 },
    options: { unique: true, partialFilterExpression: { 'catena.idempotency.key': { $exists: true } } },
  };
}

/** Blocks with a write that is announced in them, by dataset and by age: as a rule none. */
function announcedWrites(collection: string): CatalogueIndex[] {
  return [
    {
      collection,
      name: 'catena_intent',
      keys: { 'catenaIntent.datasetId': 1 },
      options: { partialFilterExpression: { 'catenaIntent.datasetId': { $exists: true } } },
    },
    {
      collection,
      name: 'catena_intent_age',
      keys: { 'catenaIntent.at': 1 },
      options: { partialFilterExpression: { 'catenaIntent.at': { $exists: true } } },
    },
  ];
}

/** Lists of records with groups: of all, and of each part that an access rule asks for. */
function ownedLists(collection: string): CatalogueIndex[] {
  return [
    byAge(collection),
    byAge(collection, 'owner', 'ownerGroup'),
    byAge(collection, 'access', 'accessGroups'),
    byAge(collection, 'published', 'isPublished'),
  ];
}

/** Lists in the order in which the records were made, or, read from its end, the newest first. */
function byAge(collection: string, part?: string, field?: string): CatalogueIndex {
  const start = part === undefined ? 'catena' : `catena_${part}`;
  const keys = field === undefined ? age : { [field]: 1 as const, ...age };
  return { collection, name: `${start}_age`, keys, replaces: `${start}_newest` };
}

/** As `byAge`, of one part; what earlier versions had in its place did not say which of two as old comes first. */
function partByAge(collection: string, former: string, field: string): CatalogueIndex {
  return { collection, name: `${former}_age`, keys: { [field]: 1 as const, ...age }, replaces: former };
}
