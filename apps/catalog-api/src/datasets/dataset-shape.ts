import type { FieldKind, ResourceShape } from '../domain/field-query.js';

const kinds = {
  pid: 'string',
  owner: 'string',
  ownerEmail: 'string',
  orcidOfOwner: 'string',
  contactEmail: 'string',
  sourceFolder: 'string',
  sourceFolderHost: 'string',
  size: 'number',
  packedSize: 'number',
  numberOfFiles: 'number',
  numberOfFilesArchived: 'number',
  creationTime: 'date',
  type: 'string',
  validationStatus: 'string',
  keywords: 'array',
  description: 'string',
  datasetName: 'string',
  classification: 'string',
  license: 'string',
  version: 'string',
  datasetlifecycle: 'object',
  'datasetlifecycle.archivable': 'boolean',
  'datasetlifecycle.retrievable': 'boolean',
  'datasetlifecycle.publishable': 'boolean',
  'datasetlifecycle.isOnCentralDisk': 'boolean',
  'datasetlifecycle.retrieveIntegrityCheck': 'boolean',
  'datasetlifecycle.dateOfDiskPurging': 'date',
  'datasetlifecycle.archiveRetentionTime': 'date',
  'datasetlifecycle.dateOfPublishing': 'date',
  'datasetlifecycle.publishedOn': 'date',
  scientificMetadata: 'object',
  scientificMetadataSchema: 'string',
  scientificMetadataValid: 'boolean',
  comment: 'string',
  dataQualityMetrics: 'number',
  principalInvestigators: 'array',
  startTime: 'date',
  endTime: 'date',
  creationLocation: 'string',
  dataFormat: 'string',
  proposalIds: 'array',
  sampleIds: 'array',
  instrumentIds: 'array',
  inputDatasets: 'array',
  usedSoftware: 'array',
  jobParameters: 'object',
  jobLogData: 'string',
  runNumber: 'string',
  sharedWith: 'array',
  relationships: 'array',
  techniques: 'array',
  ownerGroup: 'string',
  accessGroups: 'array',
  instrumentGroup: 'string',
  isPublished: 'boolean',
  createdBy: 'string',
  updatedBy: 'string',
  createdAt: 'date',
  updatedAt: 'date',
} as const satisfies Record<string, FieldKind>;

/** v3 names of fields that became lists. */
export const singularNames = {
  proposalId: 'proposalIds',
  sampleId: 'sampleIds',
  instrumentId: 'instrumentIds',
  principalInvestigator: 'principalInvestigators',
  investigator: 'principalInvestigators',
} as const;

export const datasetShape: ResourceShape = {
  id: 'pid',
  kinds,
  conditions: { name: 'scientific', field: 'scientificMetadata' },
  renamed: singularNames,
};

const nested =
  `_id name pid identifier identifierType relationship entityType externalId archivable retrievable publishable isOnCentralDisk
  archiveStatusMessage retrieveStatusMessage archiveReturnMessage retrieveReturnMessage retrieveIntegrityCheck dateOfDiskPurging
  archiveRetentionTime dateOfPublishing publishedOn exportedTo storageLocation`.split(/\s+/);

/** Names a v4 dataset filter may mention. */
export const datasetProperties: ReadonlySet<string> = new Set([...Object.keys(kinds), ...nested]);
