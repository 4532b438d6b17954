import { Answer, date, list, maybe, object, text } from '../http/answer.js';
import { owned } from './common.js';
import { PartialOutputDatasetDto } from './datasets.js';

class DatasetListDto extends Answer({ pid: text, files: list(text) }) {}

export class JobClass extends Answer({
  ...owned,
  ownerGroup: maybe(text),
  id: text,
  ownerUser: maybe(text),
  type: text,
  statusCode: maybe(text),
  statusMessage: maybe(text),
  jobParams: object,
  contactEmail: maybe(text),
  configVersion: text,
  jobResultObject: object,
}) {}

export class OutputJobV3Dto extends Answer({
  id: text,
  emailJobInitiator: maybe(text),
  type: text,
  creationTime: date,
  executionTime: maybe(date),
  jobParams: object,
  jobStatusMessage: maybe(text),
  datasetList: maybe(list(DatasetListDto)),
  jobResultObject: object,
}) {}

export class PartialOutputJobDto extends Answer({
  type: maybe(text),
  jobParams: maybe(object),
  ownerUser: maybe(text),
  ownerGroup: maybe(text),
  contactEmail: maybe(text),
  id: maybe(text),
  statusCode: maybe(text),
  statusMessage: maybe(text),
  configVersion: maybe(text),
  jobResultObject: maybe(object),
  createdBy: maybe(text),
  updatedBy: maybe(text),
  createdAt: maybe(date),
  updatedAt: maybe(date),
  datasets: maybe(list(PartialOutputDatasetDto)),
  datasetDetails: maybe(list(PartialOutputDatasetDto)),
}) {}
