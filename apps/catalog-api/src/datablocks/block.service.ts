import { Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import type {
  DatablockRecord,
  DataFile,
  DatasetRecord,
  OrigDatablockRecord,
} from '../persistence/records.js';
import { newObjectId } from '../persistence/user-ids.js';
import type { CreateDatablockInDatasetDto, CreateOrigDatablockInDatasetDto } from './block.dto.js';

export interface BlockQuery {
  readonly where: Record<string, unknown>;
  readonly limit: number;
  readonly skip: number;
  readonly sort?: Record<string, 1 | -1>;
  readonly projection?: Record<string, 0 | 1>;
}

/** File lists of a dataset: as ingested (origdatablocks) and as archived (datablocks). */
@Injectable()
export class BlockService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly clock: Clock,
  ) {}

  async addOrigDatablock(
    caller: Caller,
    dataset: DatasetRecord,
    body: CreateOrigDatablockInDatasetDto,
  ): Promise<OrigDatablockRecord> {
    if (!this.rules.mayAddTo(caller, dataset)) throw new Refusal(403, 'Unauthorized access');
    const block: OrigDatablockRecord = {
      ...this.common(caller, dataset),
      size: body.size,
      ...(body.chkAlg === undefined ? {} : { chkAlg: body.chkAlg }),
      dataFileList: filesOf(body),
    };
    await this.catalogue.origDatablocks.insertOne(block);
    await this.addToTotals(dataset.pid, { size: block.size, numberOfFiles: block.dataFileList.length });
    return block;
  }

  async addDatablock(
    caller: Caller,
    dataset: DatasetRecord,
    body: CreateDatablockInDatasetDto,
  ): Promise<DatablockRecord> {
    if (!this.rules.mayAddTo(caller, dataset)) throw new Refusal(403, 'Unauthorized access');
    const { archiveId, size, packedSize, version, chkAlg } = body;
    const block: DatablockRecord = {
      ...this.common(caller, dataset),
      archiveId,
      size,
      packedSize,
      version,
      ...(chkAlg === undefined ? {} : { chkAlg }),
      dataFileList: filesOf(body),
    };
    try {
      await this.catalogue.datablocks.insertOne(block);
    } catch (error) {
      if (isDuplicateKey(error))
        throw new Refusal(409, `A datablock with archiveId ${archiveId} already exists!`);
      throw error;
    }
    await this.addToTotals(dataset.pid, { packedSize, numberOfFilesArchived: block.dataFileList.length });
    return block;
  }

  listOrigDatablocks(caller: Caller | undefined, query: BlockQuery): Promise<OrigDatablockRecord[]> {
    const condition = both(query.where, this.rules.visible(caller, { sharedWith: false }));
    return this.catalogue.origDatablocks
      .find(condition, { projection: query.projection })
      .sort(query.sort ?? { _id: 1 })
      .skip(query.skip)
      .limit(query.limit)
      .toArray();
  }

  listDatablocks(caller: Caller | undefined, query: BlockQuery): Promise<DatablockRecord[]> {
    const everything = this.rules.mayDelete(caller)
      ? undefined
      : this.rules.visible(caller, { sharedWith: false });
    return this.catalogue.datablocks
      .find(both(query.where, everything), { projection: query.projection })
      .sort(query.sort ?? { _id: 1 })
      .skip(query.skip)
      .limit(query.limit)
      .toArray();
  }

  countOf(kind: 'origdatablocks' | 'datablocks', pid: string): Promise<number> {
    return kind === 'datablocks'
      ? this.catalogue.datablocks.countDocuments({ datasetId: pid })
      : this.catalogue.origDatablocks.countDocuments({ datasetId: pid });
  }

  async removeDatablocks(pid: string): Promise<number> {
    const { deletedCount } = await this.catalogue.datablocks.deleteMany({ datasetId: pid });
    await this.catalogue.datasets.updateOne({ pid }, { $set: { packedSize: 0, numberOfFilesArchived: 0 } });
    return deletedCount;
  }

  async removeDatablock(pid: string, id: string): Promise<void> {
    const removed = await this.catalogue.datablocks.findOneAndDelete({ _id: id, datasetId: pid });
    if (removed === null) throw new Refusal(404, `Datablock: ${id} not found`);
    await this.addToTotals(pid, {
      packedSize: -removed.packedSize,
      numberOfFilesArchived: -removed.dataFileList.length,
    });
  }

  /** Counters change by difference in the database: no read-modify-write, so parallel writers never lose one. */
  private async addToTotals(
    pid: string,
    difference: Partial<Record<'size' | 'numberOfFiles' | 'packedSize' | 'numberOfFilesArchived', number>>,
  ): Promise<void> {
    await this.catalogue.datasets.updateOne({ pid }, { $inc: difference as Record<string, never> });
  }

  private common(caller: Caller, dataset: DatasetRecord) {
    const now = this.clock.now();
    return {
      _id: newId(),
      datasetId: dataset.pid,
      ownerGroup: dataset.ownerGroup,
      accessGroups: dataset.accessGroups,
      ...(dataset.instrumentGroup === undefined ? {} : { instrumentGroup: dataset.instrumentGroup }),
      isPublished: dataset.isPublished,
      createdBy: caller.username,
      updatedBy: caller.username,
      createdAt: now,
      updatedAt: now,
      __v: 0,
    };
  }
}

function filesOf(body: CreateOrigDatablockInDatasetDto): DataFile[] {
  return body.dataFileList.map((file) => ({ ...file, _id: newObjectId(), time: new Date(file.time) }));
}
