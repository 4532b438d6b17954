import {
  Answer,
  anything,
  date,
  flag,
  list,
  maybe,
  number,
  object,
  partly,
  text,
  textOrNull,
} from '../http/answer.js';
import { OutputAttachmentV3Dto } from './attachments.js';
import { Datablock, OrigDatablock } from './blocks.js';
import { queryable, owned, HistoryClass } from './common.js';

const lifecycle = {
  archivable: maybe(flag),
  retrievable: maybe(flag),
  publishable: maybe(flag),
  dateOfDiskPurging: maybe(date),
  archiveRetentionTime: maybe(date),
  dateOfPublishing: maybe(date),
  publishedOn: maybe(date),
  isOnCentralDisk: maybe(flag),
  archiveStatusMessage: maybe(text),
  retrieveStatusMessage: maybe(text),
  archiveReturnMessage: maybe(anything),
  retrieveReturnMessage: maybe(anything),
  exportedTo: maybe(text),
  retrieveIntegrityCheck: maybe(flag),
  storageLocation: maybe(text),
};

class LifecycleClass extends Answer(lifecycle) {}

export class UpdateDatasetLifecycleDto extends Answer(lifecycle) {}

class TechniqueClass extends Answer({ pid: text, name: text }) {}

class RelationshipClass extends Answer({
  identifier: text,
  identifierType: text,
  relationship: text,
  entityType: text,
  externalId: maybe(text),
}) {}

class CreateRelationshipDto extends Answer({
  identifier: text,
  identifierType: maybe(text),
  relationship: maybe(text),
  entityType: maybe(text),
  externalId: maybe(text),
}) {}

const datasetStart = {
  ownerEmail: maybe(text),
  orcidOfOwner: maybe(text),
  contactEmail: text,
  sourceFolder: text,
  sourceFolderHost: maybe(text),
  size: maybe(number),
  packedSize: maybe(number),
  numberOfFiles: maybe(number),
  numberOfFilesArchived: maybe(number),
  creationTime: date,
  validationStatus: maybe(text),
  keywords: maybe(list(text)),
  description: maybe(textOrNull),
};

const datasetMiddle = {
  classification: maybe(text),
  license: maybe(text),
  isPublished: maybe(flag),
  techniques: maybe(list(TechniqueClass)),
  sharedWith: maybe(list(text)),
  relationships: maybe(list(CreateRelationshipDto)),
  datasetlifecycle: maybe(LifecycleClass),
  scientificMetadata: maybe(object),
  scientificMetadataSchema: maybe(text),
  scientificMetadataValid: maybe(flag),
  comment: maybe(text),
  dataQualityMetrics: maybe(number),
};

const datasetEnd = {
  principalInvestigators: maybe(list(text)),
  startTime: maybe(date),
  endTime: maybe(date),
  creationLocation: maybe(text),
  dataFormat: maybe(text),
  proposalIds: maybe(list(textOrNull)),
  sampleIds: maybe(list(textOrNull)),
  instrumentIds: maybe(list(textOrNull)),
  inputDatasets: maybe(list(text)),
  usedSoftware: maybe(list(text)),
  jobParameters: maybe(object),
  jobLogData: maybe(text),
  runNumber: maybe(text),
};

export class DatasetClass extends Answer({
  ...owned,
  pid: text,
  owner: text,
  ownerEmail: maybe(text),
  orcidOfOwner: maybe(text),
  contactEmail: text,
  sourceFolder: text,
  sourceFolderHost: maybe(text),
  size: number,
  packedSize: maybe(number),
  numberOfFiles: number,
  numberOfFilesArchived: maybe(number),
  creationTime: date,
  type: text,
  validationStatus: maybe(text),
  keywords: maybe(list(text)),
  description: maybe(textOrNull),
  datasetName: text,
  classification: maybe(text),
  license: maybe(text),
  version: text,
  datasetlifecycle: LifecycleClass,
  techniques: maybe(list(TechniqueClass)),
  relationships: maybe(list(RelationshipClass)),
  sharedWith: maybe(list(text)),
  scientificMetadata: maybe(object),
  scientificMetadataSchema: maybe(text),
  scientificMetadataValid: maybe(flag),
  comment: maybe(text),
  dataQualityMetrics: maybe(number),
  principalInvestigators: maybe(list(text)),
  startTime: maybe(date),
  endTime: maybe(date),
  creationLocation: maybe(text),
  dataFormat: maybe(text),
  runNumber: maybe(text),
  proposalIds: maybe(list(textOrNull)),
  sampleIds: maybe(list(textOrNull)),
  instrumentIds: maybe(list(textOrNull)),
  inputDatasets: maybe(list(text)),
  usedSoftware: maybe(list(text)),
  jobParameters: maybe(object),
  jobLogData: maybe(text),
}) {}

export class OutputDatasetDto extends Answer({
  ownerGroup: text,
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  owner: maybe(text),
  ...datasetStart,
  datasetName: text,
  ...datasetMiddle,
  ...datasetEnd,
  pid: text,
  type: text,
  ...queryable,
  version: text,
}) {}

export class PartialOutputDatasetDto extends Answer(partly(OutputDatasetDto.fields)) {}

export class OutputDatasetObsoleteDto extends Answer({
  ownerGroup: text,
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  owner: text,
  ...datasetStart,
  datasetName: maybe(text),
  ...datasetMiddle,
  proposalId: maybe(textOrNull),
  runNumber: maybe(text),
  pid: text,
  type: text,
  version: maybe(text),
  principalInvestigator: maybe(text),
  startTime: maybe(date),
  endTime: maybe(date),
  creationLocation: maybe(text),
  dataFormat: maybe(text),
  sampleId: maybe(textOrNull),
  instrumentId: maybe(textOrNull),
  investigator: maybe(text),
  inputDatasets: maybe(list(text)),
  usedSoftware: maybe(list(text)),
  jobParameters: maybe(object),
  jobLogData: maybe(text),
  attachments: maybe(list(OutputAttachmentV3Dto)),
  origdatablocks: maybe(list(OrigDatablock)),
  datablocks: maybe(list(Datablock)),
  history: maybe(list(HistoryClass)),
  ...queryable,
}) {}
