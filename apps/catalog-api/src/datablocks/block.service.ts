import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import type {
  DatablockRecord,
  DataFile,
  DatasetRecord,
  OrigDatablockRecord,
} from '../persistence/records.js';
import { newObjectId } from '../persistence/user-ids.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordStore, type StoredRecord } from '../records/record-store.js';
import { datablocks, origDatablocks, type BlockKind, type Totals } from './block-kind.js';
import type {
  CreateDatasetDatablockDto,
  CreateDatasetOrigDatablockDto,
  PartialUpdateDatablockDto,
} from './block.dto.js';

/** Writes of blocks, with the totals of their datasets. */
@Injectable()
export class BlockService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly rules: AccessRules,
  ) {}

  addOrigDatablock(
    caller: Caller,
    dataset: DatasetRecord,
    { size, chkAlg, dataFileList }: CreateDatasetOrigDatablockDto,
  ): Promise<OrigDatablockRecord> {
    const fields = { size, ...(chkAlg === undefined ? {} : { chkAlg }), dataFileList: filesOf(dataFileList) };
    return this.add(origDatablocks, caller, dataset, fields);
  }

  async addDatablock(
    caller: Caller,
    dataset: DatasetRecord,
    { archiveId, size, packedSize, version, chkAlg, dataFileList }: CreateDatasetDatablockDto,
  ): Promise<DatablockRecord> {
    const fields = {
      archiveId,
      size,
      packedSize,
      version,
      ...(chkAlg === undefined ? {} : { chkAlg }),
      dataFileList: filesOf(dataFileList),
    };
    try {
      return await this.add(datablocks, caller, dataset, fields);
    } catch (error) {
      if (isDuplicateKey(error))
        throw new Refusal(409, `A datablock with archiveId ${archiveId} already exists!`);
      throw error;
    }
  }

  /** @returns the changed block, undefined when there is none */
  async change<R extends OrigDatablockRecord>(
    kind: BlockKind<R>,
    caller: Caller,
    id: string,
    body: PartialUpdateDatablockDto,
    precondition: Precondition,
  ): Promise<R | undefined> {
    const {
      ownerGroup: _g,
      accessGroups: _a,
      instrumentGroup: _i,
      isPublished: _p,
      dataFileList,
      ...fields
    } = body;
    let before: R | undefined;
    const changed = await this.records.change<R & StoredRecord>(kind.collection, {
      id,
      by: caller.username,
      precondition,
      update: (stored) => {
        if (!this.rules.allows(kind.update, caller, stored)) throw new Refusal(403, 'Unauthorized access');
        before = stored;
        return {
          set: { ...fields, ...(dataFileList === undefined ? {} : { dataFileList: filesOf(dataFileList) }) },
        };
      },
    });
    if (changed === undefined || before === undefined) return undefined;
    await this.addToTotals(changed.datasetId, difference(kind.totalsOf(changed), kind.totalsOf(before)));
    return changed;
  }

  /** @returns the removed block, undefined when there was none (of this dataset, where one is given) */
  async remove<R extends OrigDatablockRecord>(
    kind: BlockKind<R>,
    caller: Caller,
    id: string,
    datasetId?: string,
  ): Promise<R | undefined> {
    const removed = await this.records.remove<R & StoredRecord>(
      kind.collection,
      id,
      caller.username,
      datasetId === undefined ? {} : { datasetId },
    );
    if (removed === undefined) return undefined;
    await this.addToTotals(removed.datasetId, difference({}, kind.totalsOf(removed)));
    return removed;
  }

  async removeAll(kind: BlockKind<never>, caller: Caller, datasetId: string): Promise<number> {
    const count = await this.records.removeMany(kind.collection, { datasetId }, caller.username);
    const zero =
      kind.collection === 'Datablock'
        ? { packedSize: 0, numberOfFilesArchived: 0 }
        : { size: 0, numberOfFiles: 0 };
    await this.catalogue.datasets.updateOne({ _id: datasetId }, { $set: zero });
    return count;
  }

  private async add<R extends OrigDatablockRecord>(
    kind: BlockKind<R>,
    caller: Caller,
    dataset: DatasetRecord,
    fields: Partial<R>,
  ): Promise<R> {
    if (!this.rules.allows(accessTable.dataset.add, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    const block = await this.records.insert<R & StoredRecord>(
      kind.collection,
      {
        _id: newId(),
        datasetId: dataset.pid,
        ownerGroup: dataset.ownerGroup,
        accessGroups: dataset.accessGroups,
        ...(dataset.instrumentGroup === undefined ? {} : { instrumentGroup: dataset.instrumentGroup }),
        isPublished: dataset.isPublished,
        ...fields,
      } as unknown as R & StoredRecord,
      caller.username,
    );
    await this.addToTotals(dataset.pid, kind.totalsOf(block));
    return block;
  }

  /** Totals change by difference in the database: no read-modify-write, so parallel writers never lose one. */
  private async addToTotals(pid: string, totals: Totals): Promise<void> {
    const changes = Object.entries(totals).filter(([, number]) => number !== 0);
    if (changes.length === 0) return;
    await this.catalogue.datasets.updateOne(
      { _id: pid },
      { $inc: Object.fromEntries(changes) as Record<string, never> },
    );
  }
}

function filesOf(files: CreateDatasetOrigDatablockDto['dataFileList']): DataFile[] {
  return files.map((file) => ({ ...file, _id: newObjectId(), time: new Date(file.time) }));
}

function difference(after: Totals, before: Totals): Totals {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])] as (keyof Totals)[];
  return Object.fromEntries(names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
}
