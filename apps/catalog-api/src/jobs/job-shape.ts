import type { ResourceShape } from '../domain/field-query.js';

const kinds = {
  id: 'string',
  ownerUser: 'string',
  type: 'string',
  statusCode: 'string',
  statusMessage: 'string',
  jobParams: 'object',
  contactEmail: 'string',
  configVersion: 'string',
  jobResultObject: 'object',
  ownerGroup: 'string',
  accessGroups: 'array',
  instrumentGroup: 'string',
  isPublished: 'boolean',
  createdBy: 'string',
  updatedBy: 'string',
  createdAt: 'date',
  updatedAt: 'date',
} as const;

/** v3 names of fields that v4 calls otherwise. */
const v3Names = {
  emailJobInitiator: 'contactEmail',
  creationTime: 'createdAt',
  jobStatusMessage: 'statusCode',
  executionTime: 'jobParams.executionTime',
  datasetList: 'jobParams.datasetList',
  'jobParams.username': 'ownerUser',
} as const;

export const jobShape: ResourceShape = { id: 'id', kinds };
export const jobShapeV3: ResourceShape = { id: 'id', kinds, renamed: v3Names };

/** Names a v4 filter of jobs may mention. */
export const jobProperties: ReadonlySet<string> = new Set(['_id', ...Object.keys(kinds)]);
