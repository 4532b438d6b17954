import { Injectable } from '@nestjs/common';
import { Clock, newId, pidAsName, TransientError } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { dateOf } from '../domain/iso-date.js';
import { Catalogue } from '../persistence/catalogue.js';
import { intentField } from '../persistence/own-fields.js';
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
import { FileListFence } from '../claims/file-list-fence.js';
import { refuseBadPaths } from './file-list-paths.js';

/** Attempts of a write while jobs take the dataset and let go of it again. */
const maxAttempts = 10;

/** Writes of blocks, with the totals of their datasets. */
@Injectable()
export class BlockService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly rules: AccessRules,
    private readonly fence: FileListFence,
    private readonly clock: Clock,
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
    refuseForeignName(dataset.pid, archiveId);
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
      throw asTaken(error);
    }
  }

  /**
   * The dataset that a body names.
   *
   * @throws Refusal 404 or 403 where it takes no block of this caller, whatever is in it
   */
  async admitCheck(
    caller: Caller | undefined,
    body: unknown,
    rule: Rule = accessTable.dataset.add,
  ): Promise<DatasetRecord> {
    const datasetId = (body as { datasetId?: unknown } | null | undefined)?.datasetId;
    const dataset =
      typeof datasetId === 'string' ? await this.catalogue.datasets.findOne({ _id: datasetId }) : null;
    if (dataset === null)
      throw new Refusal(404, `Dataset: ${String(datasetId)} not found for attaching an origdatablock`);
    if (!this.rules.allows(rule, caller, dataset)) throw new Refusal(403, 'Unauthorized access');
    return dataset;
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
    // Validation lets null pass where a field may be absent; stored, it would be counted with.
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    let before: R | undefined;
    const changed = await this.records
      .change<R & StoredRecord>(kind.collection, {
        id,
        by: caller.username,
        precondition,
        update: (stored) => {
          if (stored.datasetId === undefined) throw new Refusal(404, `${kind.label}: ${id} not found`);
          if (!this.rules.allows(kind.update, caller, stored)) throw new Refusal(403, 'Unauthorized access');
          const { archiveId } = fields as { archiveId?: unknown };
          if (typeof archiveId === 'string') refuseForeignName(stored.datasetId, archiveId);
          before = stored;
          return {
            set: {
              ...given,
              ...(dataFileList == null ? {} : { dataFileList: filesOf(dataFileList) }),
            },
            unset: [intentField],
          };
        },
        admit: async (stored) => {
          if (dataFileList != null) await this.refuseBadPathsOf(stored.datasetId, dataFileList);
          return this.fence.pass(kind.collection, stored.datasetId, { _id: id });
        },
      })
      .catch((error: unknown) => Promise.reject(asTaken(error)));
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
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const stored = await this.catalogue
        .records(kind.collection)
        .findOne({ _id: id, datasetId: datasetId ?? { $exists: true } }, { projection: { datasetId: 1 } });
      if (stored === null) return undefined;
      const pid = String(stored['datasetId']);
      const passage = await this.fence.pass(kind.collection, pid, { _id: id });
      const removed = await this.records.remove<R & StoredRecord>(
        kind.collection,
        id,
        caller.username,
        passage,
      );
      if (removed === undefined) continue;
      await this.addToTotals(pid, difference({}, kind.totalsOf(removed)));
      return removed;
    }
    throw contended(kind.label, id);
  }

  async removeAll(kind: BlockKind<never>, caller: Caller, datasetId: string): Promise<number> {
    const blocks = this.catalogue.records(kind.collection);
    const passage = await this.fence.pass(kind.collection, datasetId, {});
    const count = await this.records.removeMany(kind.collection, { datasetId, ...passage }, caller.username);
    const [left] = await blocks
      .aggregate<{ size: number; packedSize: number; files: number }>([
        { $match: { datasetId } },
        {
          $group: {
            _id: null,
            size: { $sum: '$size' },
            packedSize: { $sum: '$packedSize' },
            files: { $sum: { $size: { $ifNull: ['$dataFileList', []] } } },
          },
        },
      ])
      .toArray();
    const { size, packedSize, files } = left ?? { size: 0, packedSize: 0, files: 0 };
    await this.catalogue.datasets.updateOne(
      { _id: datasetId },
      {
        $set:
          kind.collection === 'Datablock'
            ? { packedSize, numberOfFilesArchived: files }
            : { size, numberOfFiles: files },
        $max: this.changedNow(),
      },
    );
    // A job that came between keeps what was left, and the caller must know that not all is gone.
    if (left !== undefined) await this.fence.admit(kind.collection, datasetId);
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
    refuseBadPaths(fields.dataFileList ?? [], dataset.sourceFolder);
    const record = {
      _id: newId(),
      datasetId: dataset.pid,
      ownerGroup: dataset.ownerGroup,
      accessGroups: dataset.accessGroups,
      ...(dataset.instrumentGroup === undefined ? {} : { instrumentGroup: dataset.instrumentGroup }),
      isPublished: dataset.isPublished,
      ...fields,
    } as unknown as R & StoredRecord;
    const unique = 'archiveId' in fields ? { archiveId: fields.archiveId } : {};
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const passage = await this.fence.announce(kind.collection, record._id, dataset.pid, unique);
      const block = await this.records.complete<R & StoredRecord>(kind.collection, record, {
        condition: passage,
        unset: intentField,
        by: caller.username,
      });
      if (block === undefined) continue;
      await this.addToTotals(dataset.pid, kind.totalsOf(block));
      return block;
    }
    throw contended(kind.label, record._id);
  }

  private async refuseBadPathsOf(pid: string, files: readonly { path: string }[]): Promise<void> {
    const dataset = await this.catalogue.datasets.findOne({ _id: pid }, { projection: { sourceFolder: 1 } });
    refuseBadPaths(files, dataset?.sourceFolder ?? '');
  }

  /** Totals change by difference in the database: no read-modify-write, so parallel writers never lose one. */
  private async addToTotals(pid: string, totals: Totals): Promise<void> {
    const changes = Object.entries(totals).filter(([, number]) => number !== 0);
    if (changes.length === 0) return;
    await this.catalogue.datasets.updateOne(
      { _id: pid },
      { $inc: Object.fromEntries(changes) as Record<string, never>, $max: this.changedNow() },
    );
  }

  /** Totals are part of the dataset: its entity tag changes with them, and whoever holds it in memory finds out. */
  private changedNow(): { updatedAt: Date } {
    return { updatedAt: this.clock.now() };
  }
}

/** SciCat's words for an archiveId that another datablock has. */
function asTaken(error: unknown): Error {
  return isDuplicateKey(error)
    ? new Refusal(409, 'A datablock with this this unique key already exists!')
    : (error as Error);
}

function contended(label: string, id: string): TransientError {
  return new TransientError(
    'catalog.change-contended',
    `${label} ${id}: jobs come and go on its dataset at the moment; nothing was changed, try again.`,
  );
}

function filesOf(files: CreateDatasetOrigDatablockDto['dataFileList']): DataFile[] {
  return files.map((file) => ({ ...file, _id: newObjectId(), time: dateOf(file.time, 'dataFileList.time') }));
}

function difference(after: Totals, before: Totals): Totals {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])] as (keyof Totals)[];
  return Object.fromEntries(names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
}

/**
 * Catena's own archive ids begin with the name of their dataset, which no other archive system writes so: a client that took one
 * of another dataset could keep that from ever being registered.
 */
function refuseForeignName(pid: string, archiveId: string): void {
  const [folder = '', ...rest] = archiveId.split('/');
  if (rest.length === 0 || !/^[a-z0-9.=,-]*[=,][a-z0-9.=,-]*$/.test(folder) || folder === pidAsName(pid))
    return;
  throw new Refusal(
    409,
    `Expected an archiveId of dataset ${pid}, found ${archiveId}, which is in the form of another dataset's.`,
  );
}
