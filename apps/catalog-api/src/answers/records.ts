import { Answer, anything, date, flag, list, maybe, number, object, text } from '../http/answer.js';
import { OutputAttachmentV3Dto } from './attachments.js';
import { queryable, owned } from './common.js';
import { DatasetClass } from './datasets.js';

export class Instrument extends Answer({
  ...queryable,
  pid: text,
  uniqueName: text,
  name: text,
  customMetadata: maybe(object),
}) {}

const policy = {
  manager: list(text),
  tapeRedundancy: text,
  autoArchive: flag,
  autoArchiveDelay: number,
  archiveEmailNotification: flag,
  archiveEmailsToBeNotified: list(text),
  retrieveEmailNotification: flag,
  retrieveEmailsToBeNotified: list(text),
  embargoPeriod: number,
};

export class Policy extends Answer({ ...owned, _id: text, ...policy }) {}

export class UpdatePolicyDto extends Answer({
  ownerGroup: text,
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  ...policy,
}) {}

export class ProposalCountFilters extends Answer({ fields: maybe(text), filter: maybe(text) }) {}

class MeasurementPeriodClass extends Answer({
  _id: maybe(text),
  instrument: text,
  start: date,
  end: date,
  comment: maybe(text),
}) {}

export class ProposalClass extends Answer({
  ...owned,
  proposalId: text,
  pi_email: maybe(text),
  pi_firstname: maybe(text),
  pi_lastname: maybe(text),
  email: text,
  firstname: maybe(text),
  lastname: maybe(text),
  title: text,
  abstract: maybe(text),
  startTime: maybe(date),
  endTime: maybe(date),
  MeasurementPeriodList: maybe(list(MeasurementPeriodClass)),
  metadata: maybe(object),
  parentProposalId: anything,
  type: text,
  instrumentIds: maybe(list(text)),
  numberOfDatasets: maybe(number),
  keywords: list(text),
}) {}

export class SampleWithAttachmentsAndDatasets extends Answer({
  ...owned,
  attachments: maybe(list(OutputAttachmentV3Dto)),
  datasets: maybe(list(DatasetClass)),
  sampleId: text,
  owner: maybe(text),
  sampleName: maybe(text),
  description: maybe(text),
  type: maybe(text),
  proposalId: maybe(text),
  parentSampleId: maybe(text),
  sampleCharacteristics: maybe(object),
  version: maybe(text),
}) {}

export class OutputSampleDto extends Answer({
  ownerGroup: text,
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  ...queryable,
  version: maybe(text),
  sampleCharacteristics: maybe(object),
  sampleId: maybe(text),
  sampleName: maybe(text),
  owner: maybe(text),
  description: maybe(text),
  type: maybe(text),
  proposalId: maybe(text),
  parentSampleId: maybe(text),
  isPublished: maybe(flag),
}) {}

export class OutputMetadataKeyDto extends Answer({
  ...queryable,
  id: text,
  key: text,
  humanReadableName: maybe(text),
  userGroups: list(text),
  sourceType: text,
  usageCount: number,
  isPublished: flag,
}) {}

export class OutputRuntimeConfigDto extends Answer({
  cid: text,
  data: object,
  updatedBy: text,
  createdBy: text,
  createdAt: date,
  updatedAt: date,
}) {}
