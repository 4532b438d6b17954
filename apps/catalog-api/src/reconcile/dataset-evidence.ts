import { Injectable } from '@nestjs/common';
import { pidAsName } from '#kernel';
import { isCatenas } from '../domain/states.js';
import type { Lifecycle } from '../domain/lifecycle.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import type { DatasetRecord, JobRecord } from '../persistence/records.js';

/** A dataset as far as its flags go. */
export type FlaggedDataset = Pick<DatasetRecord, '_id' | 'pid' | 'datasetlifecycle'> &
  Partial<Pick<DatasetRecord, '__v'>>;

/** Datablocks of a dataset that are registered. */
export interface RegisteredDatablocks {
  readonly count: number;
  /** Whether Catena has named them all. */
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

const none: RegisteredDatablocks = { count: 0, areOurs: true };
const maxJobs = 1000;

/** Looks for what datablocks, holds and jobs say about datasets. */
@Injectable()
export class DatasetEvidence {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
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
    return (await this.catalogue.other('History').countDocuments(deleted, { limit: 1 })) > 0;
  }

  /** By pid; datasets without any are not in it. */
  async datablocksOf(pids: readonly string[]): Promise<ReadonlyMap<string, RegisteredDatablocks>> {
    const rows = this.catalogue.datablocks.aggregate<Row>([
      { $match: { datasetId: { $in: [...pids] } } },
      {
        $group: {
          _id: '$datasetId',
          count: { $sum: 1 },
          first: { $min: '$archiveId' },
          last: { $max: '$archiveId' },
        },
      },
    ]);
    return new Map((await rows.toArray()).map((row) => [row._id, ofRow(row)]));
  }

  /** Asked after the dataset was read: what comes later raises its version. */
  async of(pid: string): Promise<Evidence> {
    const datablocks = (await this.datablocksOf([pid])).get(pid) ?? none;
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
}

interface Row {
  readonly _id: string;
  readonly count: number;
  readonly first?: string;
  readonly last?: string;
}

const jobFields = { 'catena.workflow': 1, 'catena.finished': 1 } as const;

function isOurs({ catena }: Pick<JobRecord, 'catena'>): boolean {
  return catena?.workflow !== undefined && catena.workflow !== 'none';
}

/** What lies between two names of one folder, in their order, is in the folder as well. */
function ofRow({ _id: pid, count, first, last }: Row): RegisteredDatablocks {
  const folder = `${pidAsName(pid)}/`;
  const areOurs = [first, last].every((name) => typeof name === 'string' && name.startsWith(folder));
  return { count, areOurs };
}

export function sameFlags(one: Lifecycle, other: Lifecycle): boolean {
  return (
    one.archivable === other.archivable &&
    one.retrievable === other.retrievable &&
    one.archiveStatusMessage === other.archiveStatusMessage &&
    one.retrieveStatusMessage === other.retrieveStatusMessage
  );
}
