/** Where a caller belongs: a group variable of SciCat's configuration, every signed-in user, or everyone. */
export interface GroupLists {
  readonly admin: readonly string[];
  readonly delete: readonly string[];
  readonly createDataset: readonly string[];
  readonly createDatasetWithPid: readonly string[];
  readonly createDatasetPrivileged: readonly string[];
  readonly updateLifecycle: readonly string[];
  readonly createJobPrivileged: readonly string[];
  readonly updateJobPrivileged: readonly string[];
  readonly deleteJob: readonly string[];
  readonly proposal: readonly string[];
  readonly sample: readonly string[];
  readonly samplePrivileged: readonly string[];
  readonly attachment: readonly string[];
  readonly attachmentPrivileged: readonly string[];
  readonly policy: readonly string[];
  readonly historyOfDatasets: readonly string[];
  readonly historyOfProposals: readonly string[];
  readonly historyOfSamples: readonly string[];
  readonly historyOfInstruments: readonly string[];
  readonly historyOfPublishedData: readonly string[];
  readonly historyOfPolicies: readonly string[];
  readonly historyOfDatablocks: readonly string[];
  readonly historyOfAttachments: readonly string[];
  /** See everything that runs, and act on it. */
  readonly operator: readonly string[];
  /** See everything that runs. */
  readonly operationsViewer: readonly string[];
}

export type Tier = keyof GroupLists | 'signedIn' | 'anyone';

/** How a record can be tied to a caller. */
export type Tie =
  | 'own'
  | 'accessible'
  | 'published'
  | 'shared'
  | 'ownerUser'
  | 'creator'
  | 'inUserGroups'
  | 'shown'
  | 'registered';

/** `all` records, or those with at least one of the ties. */
export type Reach = 'all' | readonly Tie[];

/** The first grant whose tier the caller belongs to decides; a caller without any is refused before the body is looked at. */
export type Rule = readonly (readonly [Tier, Reach])[];

const own = ['own'] as const;
const related = ['own', 'accessible'] as const;
const readable = ['own', 'accessible', 'published'] as const;
const published = ['published'] as const;

const deleters: Rule = [['delete', 'all']];
const admins: Rule = [['admin', 'all']];
const everyone: Rule = [['anyone', 'all']];
const publicTwin: Rule = [['anyone', published]];

const datasetWriters: Rule = [
  ['admin', 'all'],
  ['createDatasetPrivileged', own],
  ['createDatasetWithPid', own],
  ['createDataset', own],
];
const datasetAdders: Rule = [
  ['admin', 'all'],
  ['createDatasetPrivileged', 'all'],
  ['createDatasetWithPid', own],
  ['createDataset', own],
];
const proposalWriters: Rule = [
  ['admin', 'all'],
  ['proposal', 'all'],
];
const policyKeepers: Rule = [
  ['admin', 'all'],
  ['policy', 'all'],
];

const operationsReaders: Rule = [
  ['admin', 'all'],
  ['operator', 'all'],
  ['operationsViewer', 'all'],
];

const historyReaders = (tier: Tier): Rule => [
  ['admin', 'all'],
  [tier, 'all'],
];

/** By the collection that changed. */
const historiesByCollection = {
  Dataset: historyReaders('historyOfDatasets'),
  Proposal: historyReaders('historyOfProposals'),
  Sample: historyReaders('historyOfSamples'),
  Instrument: historyReaders('historyOfInstruments'),
  PublishedData: historyReaders('historyOfPublishedData'),
  Policy: historyReaders('historyOfPolicies'),
  Datablock: historyReaders('historyOfDatablocks'),
  OrigDatablock: historyReaders('historyOfDatablocks'),
  Attachment: historyReaders('historyOfAttachments'),
} as const satisfies Record<string, Rule>;

/**
 * Who may do what to which records: the whole of Catena's access rules on SciCat's resources, in one table. Lists are
 * answered by pushing the same rule into the database query. The exceptions that need more than a record (creation of
 * datasets with or without pid, job types) stand in `access.ts` and `job-rules.ts`.
 */
export const accessTable = {
  dataset: {
    /** v3 reads and all lists. */
    read: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
      ['signedIn', ['own', 'accessible', 'published', 'shared']],
      ['anyone', published],
    ],
    /** v4 single reads and sub-resources: sharing by e-mail does not count. */
    readUnshared: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
      ['signedIn', readable],
      ['anyone', published],
    ],
    /** fullquery, fullfacet, metadataKeys: published records of others only on request. */
    query: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
      ['signedIn', related],
      ['anyone', published],
    ],
    public: publicTwin,
    update: datasetWriters,
    /** Adding blocks and attachments. */
    add: datasetAdders,
    updateLifecycle: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
      ['createDatasetPrivileged', own],
      ['createDatasetWithPid', own],
      ['createDataset', own],
    ],
    readLogbook: [
      ['admin', 'all'],
      ['signedIn', own],
    ],
    delete: deleters,
  },
  origDatablock: {
    read: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
      ['signedIn', readable],
    ],
    query: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
      ['signedIn', related],
    ],
    public: publicTwin,
    update: datasetWriters,
    delete: deleters,
  },
  datablock: {
    read: [
      ['admin', 'all'],
      ['delete', 'all'],
      ['updateLifecycle', 'all'],
      ['signedIn', readable],
    ],
    update: [
      ['admin', 'all'],
      ['delete', 'all'],
      ['createDatasetPrivileged', 'all'],
      ['createDatasetWithPid', own],
      ['createDataset', own],
    ],
    delete: deleters,
  },
  attachment: {
    read: [
      ['admin', 'all'],
      ['signedIn', readable],
      ['anyone', published],
    ],
    public: publicTwin,
    create: [
      ['admin', 'all'],
      ['attachmentPrivileged', 'all'],
      ['attachment', own],
    ],
    update: [
      ['admin', 'all'],
      ['attachmentPrivileged', own],
      ['attachment', own],
    ],
    /** Hanging one on a record that the caller may not add to. */
    hangAnywhere: [
      ['admin', 'all'],
      ['attachmentPrivileged', 'all'],
    ],
    delete: [
      ['admin', 'all'],
      ['delete', 'all'],
      ['attachmentPrivileged', own],
      ['attachment', own],
    ],
  },
  job: {
    read: [
      ['admin', 'all'],
      ['createJobPrivileged', 'all'],
      ['updateJobPrivileged', 'all'],
      ['operator', 'all'],
      ['operationsViewer', 'all'],
      ['signedIn', ['own', 'ownerUser']],
    ],
    delete: [['deleteJob', 'all']],
  },
  proposal: {
    read: [
      ['admin', 'all'],
      ['proposal', 'all'],
      ['signedIn', readable],
      ['anyone', published],
    ],
    query: [
      ['admin', 'all'],
      ['proposal', 'all'],
      ['signedIn', related],
      ['anyone', published],
    ],
    create: proposalWriters,
    update: proposalWriters,
    readAttachment: [
      ['admin', 'all'],
      ['signedIn', readable],
      ['anyone', published],
    ],
    addAttachment: proposalWriters,
    changeAttachment: [
      ['admin', 'all'],
      ['proposal', own],
    ],
    /** By v4 attachments: those who may change it, and its owners. */
    hangOn: [
      ['admin', 'all'],
      ['proposal', 'all'],
      ['signedIn', own],
    ],
    delete: deleters,
  },
  sample: {
    /** Single reads and the list: published samples are everyone's. */
    read: [
      ['admin', 'all'],
      ['signedIn', readable],
      ['anyone', published],
    ],
    /** fullquery, metadataKeys, counts by `fields`: published samples of others only on request. */
    query: [
      ['admin', 'all'],
      ['signedIn', related],
      ['anyone', published],
    ],
    create: [
      ['admin', 'all'],
      ['samplePrivileged', 'all'],
      ['sample', own],
    ],
    update: [
      ['admin', 'all'],
      ['samplePrivileged', own],
      ['sample', own],
    ],
    addAttachment: [
      ['admin', 'all'],
      ['samplePrivileged', 'all'],
      ['sample', own],
    ],
    removeAttachment: [
      ['admin', 'all'],
      ['delete', 'all'],
      ['samplePrivileged', own],
      ['sample', own],
    ],
    delete: deleters,
  },
  instrument: { read: everyone, write: admins, delete: deleters },
  policy: { read: policyKeepers, write: policyKeepers, delete: deleters },
  metadataKey: {
    read: [
      ['admin', 'all'],
      ['signedIn', ['inUserGroups', 'published']],
      ['anyone', published],
    ],
  },
  publishedData: {
    read: [
      ['admin', 'all'],
      ['signedIn', ['creator', 'shown']],
      ['anyone', ['registered']],
    ],
    /** One by its DOI: what is shown is shown to everybody who has its name. */
    readOne: [
      ['admin', 'all'],
      ['signedIn', ['creator', 'shown']],
      ['anyone', ['shown']],
    ],
    update: [
      ['admin', 'all'],
      ['signedIn', ['creator']],
    ],
    amend: admins,
    withdraw: admins,
    delete: deleters,
    /** The whole of it, with what only the publisher needs. */
    feed: [
      ['admin', 'all'],
      ['updateLifecycle', 'all'],
    ],
  },
  runtimeConfig: { read: everyone, write: admins },
  /** Accounts of others; one's own is one's own. */
  user: { manage: admins },
  /** By the proposal that a logbook is named after. */
  logbook: {
    read: [
      ['admin', 'all'],
      ['signedIn', own],
    ],
  },
  event: { connections: admins },
  /** What runs: queues, work, storage, parked messages, and who did what to them. */
  operations: {
    read: operationsReaders,
    audit: operationsReaders,
    act: [
      ['admin', 'all'],
      ['operator', 'all'],
    ],
    /** Messages of others, in their words. */
    edit: admins,
  },
  /** Any of them; which ones is asked by the collection. */
  histories: { read: Object.values(historiesByCollection).flat() },
  history: historiesByCollection,
} as const satisfies Record<string, Record<string, Rule>>;
