import type { ScicatCollection } from './scicat-collections.js';

/** A field whose values are the ids of other documents. */
export interface Reference {
  readonly from: ScicatCollection;
  /** Dotted path; where it leads through a list, every element counts. */
  readonly path: string;
  readonly to: ScicatCollection;
  /** Only elements of the list `path` starts with whose `field` has this value. */
  readonly when?: { readonly field: string; readonly value: string };
  /** The ids are ObjectIds, written as such or as text, as older releases did. */
  readonly isObjectId?: true;
}

const targets = {
  dataset: 'Dataset',
  proposal: 'Proposal',
  sample: 'Sample',
  published_data: 'PublishedData',
} as const;

/** All references between SciCat's documents. */
export const references: readonly Reference[] = [
  { from: 'OrigDatablock', path: 'datasetId', to: 'Dataset' },
  { from: 'Datablock', path: 'datasetId', to: 'Dataset' },
  ...Object.entries(targets).map(([value, to]): Reference => ({
    from: 'Attachment',
    path: 'relationships.targetId',
    to,
    when: { field: 'targetType', value },
  })),
  { from: 'Dataset', path: 'proposalIds', to: 'Proposal' },
  { from: 'Dataset', path: 'sampleIds', to: 'Sample' },
  { from: 'Dataset', path: 'instrumentIds', to: 'Instrument' },
  { from: 'Job', path: 'jobParams.datasetList.pid', to: 'Dataset' },
  { from: 'PublishedData', path: 'datasetPids', to: 'Dataset' },
  { from: 'Proposal', path: 'parentProposalId', to: 'Proposal' },
  { from: 'UserIdentity', path: 'userId', to: 'User', isObjectId: true },
  { from: 'UserSetting', path: 'userId', to: 'User', isObjectId: true },
  { from: 'UserRole', path: 'userId', to: 'User', isObjectId: true },
  { from: 'UserRole', path: 'roleId', to: 'Role', isObjectId: true },
];

/** What the blocks of one kind add up to in their dataset. */
export interface BlockTotals {
  readonly blocks: 'OrigDatablock' | 'Datablock';
  /** Field of a block that holds its bytes. */
  readonly bytes: 'size' | 'packedSize';
  /** Fields of the dataset: bytes, and number of files. */
  readonly totals: {
    readonly bytes: 'size' | 'packedSize';
    readonly files: 'numberOfFiles' | 'numberOfFilesArchived';
  };
}

/** The totals of a dataset, by the kind of block they come from. */
export const blockTotals: readonly BlockTotals[] = [
  { blocks: 'OrigDatablock', bytes: 'size', totals: { bytes: 'size', files: 'numberOfFiles' } },
  {
    blocks: 'Datablock',
    bytes: 'packedSize',
    totals: { bytes: 'packedSize', files: 'numberOfFilesArchived' },
  },
];

/** Fields that a block has from its dataset, with what an absent one means. */
export const copiedRights = {
  ownerGroup: '',
  accessGroups: [],
  isPublished: false,
  instrumentGroup: '',
} as const;
