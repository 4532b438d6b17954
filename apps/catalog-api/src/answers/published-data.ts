import { Answer, date, list, maybe, number, object, text } from '../http/answer.js';
import { queryable } from './common.js';

export class ICount extends Answer({ count: number }) {}

export class FormPopulateData extends Answer({
  resourceType: maybe(text),
  description: maybe(text),
  title: maybe(text),
  abstract: maybe(text),
  thumbnail: maybe(text),
  metadata: maybe(object),
}) {}

export class PublishedData extends Answer({
  ...queryable,
  doi: text,
  title: text,
  abstract: text,
  numberOfFiles: maybe(number),
  sizeOfArchive: maybe(number),
  datasetPids: list(text),
  registeredTime: maybe(date),
  status: text,
  metadata: maybe(object),
}) {}

export class PublishedDataConfigDto extends Answer({ metadataSchema: object, uiSchema: object }) {}

export class PublishedDataObsoleteDto extends Answer({
  doi: text,
  affiliation: maybe(text),
  creator: list(text),
  publisher: maybe(text),
  publicationYear: maybe(number),
  title: text,
  url: maybe(text),
  abstract: text,
  dataDescription: maybe(text),
  resourceType: maybe(text),
  numberOfFiles: maybe(number),
  sizeOfArchive: maybe(number),
  pidArray: list(text),
  authors: maybe(list(text)),
  registeredTime: maybe(date),
  status: text,
  scicatUser: maybe(text),
  thumbnail: maybe(text),
  relatedPublications: maybe(list(text)),
  downloadLink: maybe(text),
  createdAt: date,
  updatedAt: date,
  _id: text,
}) {}
