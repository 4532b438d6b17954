import { Answer, date, flag, list, maybe, text } from '../http/answer.js';
import { owned } from './common.js';

class AttachmentRelationshipClass extends Answer({
  targetId: text,
  targetType: text,
  relationType: text,
}) {}

class AttachmentRelationshipsV4Dto extends Answer({
  targetId: text,
  targetType: text,
  relationType: maybe(text),
}) {}

export class Attachment extends Answer({
  ...owned,
  aid: text,
  thumbnail: maybe(text),
  caption: text,
  relationships: maybe(list(AttachmentRelationshipClass)),
}) {}

export class OutputAttachmentV3Dto extends Answer({
  ownerGroup: text,
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  createdAt: date,
  updatedAt: date,
  id: maybe(text),
  datasetId: maybe(text),
  proposalId: maybe(text),
  sampleId: maybe(text),
  thumbnail: maybe(text),
  caption: text,
}) {}

export class OutputAttachmentV4Dto extends Answer({
  ownerGroup: text,
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  createdAt: date,
  updatedAt: date,
  aid: maybe(text),
  thumbnail: maybe(text),
  caption: text,
  relationships: maybe(list(AttachmentRelationshipsV4Dto)),
  isPublished: flag,
}) {}

export class ThumbnailResponse extends Answer({ thumbnail: maybe(text) }) {}
