import { Answer, date, flag, list, maybe, number, object, partly, text } from '../http/answer.js';
import { queryable, owned } from './common.js';

class DataFile extends Answer({
  path: text,
  size: number,
  time: date,
  chk: maybe(text),
  uid: maybe(text),
  gid: maybe(text),
  perm: maybe(text),
  type: maybe(text),
  metadata: maybe(object),
}) {}

export class Datablock extends Answer({
  ...owned,
  _id: text,
  datasetId: text,
  archiveId: text,
  size: number,
  packedSize: number,
  chkAlg: maybe(text),
  version: text,
  dataFileList: list(DataFile),
}) {}

export class OrigDatablock extends Answer({
  ...owned,
  _id: text,
  datasetId: text,
  size: number,
  chkAlg: maybe(text),
  dataFileList: list(DataFile),
}) {}

export class OutputOrigDatablockDto extends Answer({
  ownerGroup: maybe(text),
  accessGroups: maybe(list(text)),
  instrumentGroup: maybe(text),
  size: number,
  chkAlg: maybe(text),
  dataFileList: list(DataFile),
  isPublished: maybe(flag),
  datasetId: text,
  ...queryable,
  version: maybe(text),
}) {}

export class PartialOutputOrigDatablockDto extends Answer(partly(OutputOrigDatablockDto.fields)) {}

/** Of a list of files: a row for each of them. */
export class OutputOrigDatablockFileDto extends Answer({
  ...OutputOrigDatablockDto.fields,
  dataFileList: DataFile,
}) {}

export class PartialOutputOrigDatablockFileDto extends Answer(partly(OutputOrigDatablockFileDto.fields)) {}
