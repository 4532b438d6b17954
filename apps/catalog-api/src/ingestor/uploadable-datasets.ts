import { Injectable } from '@nestjs/common';
import { UploadRefused, type UploadDataset } from '#ingestor-uploads';
import { AccessRules, type Caller } from '../domain/access.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import type { DatasetRecord } from '../persistence/records.js';
import { versionOf } from '../records/dataset-version.js';
import { RecordStore } from '../records/record-store.js';

const fields = {
  ...{ pid: 1, ownerGroup: 1, accessGroups: 1, isPublished: 1, sharedWith: 1, createdBy: 1 },
  ...{ sourceFolder: 1, 'datasetlifecycle.retrievable': 1 },
} as const;

/** Datasets that files may still come for. */
@Injectable()
export class UploadableDatasets {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
    private readonly rules: AccessRules,
    private readonly records: RecordStore,
  ) {}

  /** @throws UploadRefused 403, 404, 409 */
  async admit(caller: Caller, pid: string): Promise<UploadDataset> {
    // The claim before the dataset: a job that ends meanwhile has written the dataset before it lets go of it.
    const claim = await this.claims.exclusiveOn([pid]);
    const dataset = await this.catalogue.datasets.findOne({ _id: pid }, { projection: fields });
    if (dataset === null) throw missing(pid);
    if (!this.rules.mayUpdate(caller, dataset))
      throw new UploadRefused(
        403,
        `Expected ${caller.username} to own dataset ${pid} (owner group ${dataset.ownerGroup}), found other groups: files may not be uploaded for it.`,
      );
    if (claim !== undefined) throw workedOn(pid, claim.jobId);
    if (dataset.datasetlifecycle.retrievable) throw archived(pid);
    return { pid, ownerGroup: dataset.ownerGroup, sourceFolder: dataset.sourceFolder ?? '' };
  }

  /** @throws UploadRefused 404 */
  async ofJob(pid: string): Promise<Pick<DatasetRecord, 'ownerGroup'>> {
    const dataset = await this.catalogue.datasets.findOne({ _id: pid }, { projection: { ownerGroup: 1 } });
    if (dataset === null) throw missing(pid);
    return dataset;
  }

  /**
   * One write, on the version that was read before the claims were looked at: a job that takes the dataset in between raises it.
   *
   * @throws UploadRefused 404, 409
   */
  async markArchivable(pid: string): Promise<void> {
    const changed = await this.records.change<DatasetRecord>('Dataset', {
      id: pid,
      by: 'catena',
      update: ({ datasetlifecycle }) => {
        if (datasetlifecycle.retrievable) throw archived(pid);
        return {
          set: {
            'datasetlifecycle.archivable': true,
            'datasetlifecycle.archiveStatusMessage': 'datasetCreated',
          },
        };
      },
      admit: async (stored) => {
        const claim = await this.claims.exclusiveOn([pid]);
        if (claim !== undefined) throw workedOn(pid, claim.jobId);
        // A job raises it, and nothing else of what the write asks for.
        return { __v: versionOf(stored) };
      },
    });
    if (changed === undefined) throw missing(pid);
  }
}

function missing(pid: string): UploadRefused {
  return new UploadRefused(
    404,
    `Expected dataset ${pid.slice(0, 200)} in the catalogue, found none: register it first.`,
  );
}

function workedOn(pid: string, jobId: string): UploadRefused {
  return new UploadRefused(
    409,
    `Dataset ${pid} is being worked on by job ${jobId}: its files must not change now.`,
  );
}

function archived(pid: string): UploadRefused {
  return new UploadRefused(
    409,
    `Dataset ${pid} is archived: its files must not change any more. Register a new dataset.`,
  );
}
