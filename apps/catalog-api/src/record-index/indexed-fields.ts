import type { ColumnKind } from './record-table.js';

type Fields = Readonly<Record<string, ColumnKind>>;

const lifecycle: Fields = Object.fromEntries(
  [
    ...['archivable', 'retrievable', 'publishable', 'isOnCentralDisk'],
    ...['archiveStatusMessage', 'retrieveStatusMessage'],
  ].map((name) => [`datasetlifecycle.${name}`, 'cell' as const]),
);

/** What lists of datasets are filtered, counted and sorted by: by the web frontend, by rights, and by scripts. */
export const datasetFields: Fields = {
  type: 'cell',
  ownerGroup: 'cell',
  accessGroups: 'cell',
  sharedWith: 'cell',
  isPublished: 'cell',
  keywords: 'cell',
  creationLocation: 'cell',
  proposalIds: 'cell',
  sampleIds: 'cell',
  instrumentIds: 'cell',
  instrumentGroup: 'cell',
  principalInvestigators: 'cell',
  owner: 'cell',
  classification: 'cell',
  createdBy: 'cell',
  ...lifecycle,
  creationTime: 'date',
  createdAt: 'date',
  updatedAt: 'date',
  size: 'number',
  numberOfFiles: 'number',
};

/** Of jobs, the same; whether one was accepted is part of every question. */
export const jobFields: Fields = {
  type: 'cell',
  statusCode: 'cell',
  ownerUser: 'cell',
  ownerGroup: 'cell',
  accessGroups: 'cell',
  isPublished: 'cell',
  createdBy: 'cell',
  'catena.storing': 'cell',
  createdAt: 'date',
  updatedAt: 'date',
};
