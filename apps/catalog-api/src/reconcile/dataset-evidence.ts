import { Injectable } from '@nestjs/common';
import { idFromName, isDirectoryEntry, PermanentError, stillMoving } from '#kernel';
import { isThere, wholeListById } from '#persistence';
import type { FileOfDataset, Lifecycle } from '#scicat-words';
import { comparedFields, FileListComparison } from '../apply-job-reports/file-list-comparison.js';
import { isCatenas } from '../domain/states.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import type { DatablockRecord, DatasetRecord, JobRecord } from '../persistence/records.js';

/** A dataset as far as its flags go; records of old databases may have none. */
export type FlaggedDataset = Pick<DatasetRecord, '_id' | 'pid'> &
  Partial<Pick<DatasetRecord, 'datasetlifecycle' | '__v'>>;

/** Datablocks of a dataset that are registered. */
export interface RegisteredDatablocks {
  /** Of those that Catena has registered. */
  readonly count: number;
  /** Whether Catena has registered them all. */
  readonly areOurs: boolean;
}

/** What speaks for the flags of a dataset. */
export interface Evidence {
  readonly datablocks: RegisteredDatablocks;
  /** A job holds it, or Catena works on one that names it: what it says may change at any moment. */
  readonly isWorkedOn: boolean;
  /** A job of Catena named it once. */
  readonly wasOurs: boolean;
  /** A job of another archive system named it. */
  readonly isOthers: boolean;
}

const maxJobs = 1000;
const page = 100;
/** Datablocks a look where their files are read: one may list 50 000. */
const filesPage = 4;

/** Looks for what datablocks, holds and jobs say about datasets. */
@Injectable()
export class DatasetEvidence {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
    private readonly comparison: FileListComparison,
  ) {}

  async dataset(pid: string): Promise<FlaggedDataset | undefined> {
    const projection = { pid: 1, datasetlifecycle: 1, __v: 1 } as const;
    return (await this.catalogue.datasets.findOne<FlaggedDataset>({ pid }, { projection })) ?? undefined;
  }

  /**
   * Whether the history of changes says that it was deleted after this moment: a dataset that is not there may as well be lost with a
   * database, and then its files are all there is. Without a history (TRACKABLES) nobody can say.
   */
  async wasDeleted(pid: string, after: Date): Promise<boolean> {
    const deleted = { subsystem: 'Dataset', documentId: pid, operation: 'delete', timestamp: { $gt: after } };
    return isThere(this.catalogue.other('History'), deleted);
  }

  /** How many are registered, by whomever, by pid; datasets without any are not in it. */
  async countsOf(pids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = this.catalogue.datablocks.aggregate<{ readonly _id: string; readonly count: number }>([
      { $match: { datasetId: { $in: [...pids] } } },
      { $group: { _id: '$datasetId', count: { $sum: 1 } } },
    ]);
    return new Map((await rows.toArray()).map(({ _id, count }) => [_id, count]));
  }

  /** Whether its datablocks hold exactly the files that the catalogue lists, as when they were registered. */
  async holdsAllFiles(pid: string): Promise<boolean> {
    const projection = { pid: 1, sourceFolder: 1 } as const;
    const dataset = await this.catalogue.datasets.findOne<Pick<DatasetRecord, 'pid' | 'sourceFolder'>>(
      { pid },
      { projection },
    );
    if (dataset === null) return false;
    try {
      return await this.comparison.isWhole(dataset, this.filesIn(pid));
    } catch (error) {
      // A path that could never be archived was not.
      if (error instanceof PermanentError) return false;
      throw error;
    }
  }

  /** Asked after the dataset was read: what comes later raises its version. */
  async of(pid: string): Promise<Evidence> {
    const datablocks = await this.registered(pid);
    const isHeld = (await this.claims.openOn(pid)) !== undefined;
    const jobs = await this.catalogue.jobs
      .find({ 'jobParams.datasetList.pid': pid }, { projection: jobFields })
      .limit(maxJobs)
      .toArray();
    return {
      datablocks,
      isWorkedOn: isHeld || jobs.some((job) => isCatenas(job)),
      wasOurs: jobs.some(isOurs),
      isOthers: jobs.some((job) => !isOurs(job)),
    };
  }

  /** As a reset judges them: anybody who owns a dataset may give a datablock any name. */
  private async registered(pid: string): Promise<RegisteredDatablocks> {
    let [count, areOurs] = [0, true];
    const rows = wholeListById<Pick<DatablockRecord, '_id' | 'archiveId' | 'createdBy'>>(
      this.catalogue.datablocks,
      { datasetId: pid },
      { projection: { archiveId: 1, createdBy: 1 }, page },
    );
    for await (const { _id, archiveId, createdBy } of rows) {
      stillMoving();
      if (createdBy === 'catena' && _id === idFromName(archiveId)) count += 1;
      else areOurs = false;
    }
    return { count, areOurs };
  }

  private async *filesIn(pid: string): AsyncGenerator<FileOfDataset> {
    const rows = wholeListById<Pick<DatablockRecord, '_id' | 'dataFileList'>>(
      this.catalogue.datablocks,
      { datasetId: pid },
      { projection: comparedFields, page: filesPage },
    );
    for await (const { dataFileList } of rows) {
      // Those of an earlier system list directories as its original ones did.
      for (const entry of dataFileList) if (!isDirectoryEntry(entry)) yield entry;
      stillMoving();
    }
  }
}

const jobFields = { 'catena.workflow': 1, 'catena.finished': 1 } as const;

function isOurs({ catena }: Pick<JobRecord, 'catena'>): boolean {
  return catena?.workflow !== undefined && catena.workflow !== 'none';
}

export function sameFlags(one: Lifecycle, other: Lifecycle): boolean {
  return (
    one.archivable === other.archivable &&
    one.retrievable === other.retrievable &&
    one.archiveStatusMessage === other.archiveStatusMessage &&
    one.retrieveStatusMessage === other.retrieveStatusMessage
  );
}
