import { accessTable, type Rule } from '../domain/access-table.js';
import { partsOf } from '#scicat-database';
import type { ResourceShape } from '../domain/field-query.js';
import type { DatablockRecord, OrigDatablockRecord } from '../persistence/records.js';

/** What a block adds to the totals of its dataset. */
export type Totals = Partial<
  Record<'size' | 'numberOfFiles' | 'packedSize' | 'numberOfFilesArchived', number>
>;

/** The two kinds of file lists of a dataset: as ingested, and as archived. */
export interface BlockKind<R extends OrigDatablockRecord> {
  readonly collection: 'OrigDatablock' | 'Datablock';
  readonly label: string;
  readonly read: Rule;
  readonly update: Rule;
  totalsOf(block: R): Totals;
}

export const origDatablocks: BlockKind<OrigDatablockRecord> = {
  collection: 'OrigDatablock',
  label: 'OrigDatablock',
  read: accessTable.origDatablock.read,
  update: accessTable.origDatablock.update,
  totalsOf: (block) => ({ size: block.size, numberOfFiles: block.dataFileList.length }),
};

export const datablocks: BlockKind<DatablockRecord> = {
  collection: 'Datablock',
  label: 'Datablock',
  read: accessTable.datablock.read,
  update: accessTable.datablock.update,
  totalsOf: (block) => ({ packedSize: block.packedSize, numberOfFilesArchived: block.dataFileList.length }),
};

export const blockShape: ResourceShape = {
  id: '_id',
  wordsOf: (text) => partsOf(text).join(' '),
  kinds: {
    _id: 'string',
    datasetId: 'string',
    size: 'number',
    packedSize: 'number',
    archiveId: 'string',
    version: 'string',
    chkAlg: 'string',
    dataFileList: 'array',
    'dataFileList.size': 'number',
    'dataFileList.time': 'date',
    ownerGroup: 'string',
    accessGroups: 'array',
    instrumentGroup: 'string',
    isPublished: 'boolean',
    createdBy: 'string',
    updatedBy: 'string',
    createdAt: 'date',
    updatedAt: 'date',
  },
};

/** Names a v4 filter of blocks may mention. */
export const blockProperties: ReadonlySet<string> = new Set([
  ...Object.keys(blockShape.kinds),
  ...['id', 'path', 'time', 'chk', 'uid', 'gid', 'perm', 'type', 'metadata'],
]);
