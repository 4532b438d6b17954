import { Inject, Injectable } from '@nestjs/common';
import { idFromName, isDirectoryEntry, listedPath, stillMoving } from '#kernel';
import {
  UploadCatalogue,
  UploadRefused,
  type JobRun,
  type MissingDependency,
  type RegisteredFile,
  type UploadDataset,
  type Uploader,
  type WantedArchiveJob,
} from '#ingestor-uploads';
import { wholeListById } from '#persistence';
import { AppHealth } from '#service-host';
import { CallerLookup } from '../accounts/caller-lookup.js';
import type { Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { JobConfigurationToken } from '../jobs/job-configuration.provider.js';
import { JobCreation } from '../jobs/job-creation.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { OrigDatablockRecord } from '../persistence/records.js';
import { UploadableDatasets } from './uploadable-datasets.js';

/** Blocks a look: one may list 20 000 files. */
const blockPage = 4;

/** The catalogue that ingestors upload for, when it is Catena's own. */
@Injectable()
export class CatalogUploadCatalogue extends UploadCatalogue {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly callers: CallerLookup,
    private readonly datasets: UploadableDatasets,
    private readonly creation: JobCreation,
    private readonly health: AppHealth,
    @Inject(JobConfigurationToken) private readonly jobs: JobConfiguration,
  ) {
    super();
  }

  override async uploaderOf(token: string): Promise<Uploader | undefined> {
    const caller = await this.callers.callerOf(token);
    return caller === undefined ? undefined : uploaderFrom(caller);
  }

  /** Its groups are those of the token: the provider vouches for them. */
  override uploaderNamed(person: Uploader): Promise<Uploader | undefined> {
    return Promise.resolve(person);
  }

  override async uploaderNow(uploader: Uploader): Promise<Uploader | undefined> {
    if (uploader.accountId === undefined) return uploader;
    const caller = await this.callers.callerWithId(uploader.accountId);
    return caller === undefined ? undefined : uploaderFrom(caller);
  }

  override admit(uploader: Uploader, pid: string): Promise<UploadDataset> {
    return this.datasets.admit(callerFrom(uploader), pid);
  }

  override async *files({ pid, sourceFolder }: UploadDataset): AsyncGenerator<RegisteredFile> {
    const fields = { 'dataFileList.path': 1, 'dataFileList.size': 1, 'dataFileList.perm': 1 } as const;
    // A list that was read only in part looks like one with fewer files.
    const blocks = wholeListById<Pick<OrigDatablockRecord, '_id' | 'dataFileList'>>(
      this.catalogue.origDatablocks,
      { datasetId: pid },
      { projection: fields, page: blockPage },
    );
    for await (const { dataFileList } of blocks) {
      for (const file of dataFileList)
        if (!isDirectoryEntry(file)) yield { path: listedPath(file.path, sourceFolder), size: file.size };
      stillMoving();
    }
  }

  override markArchivable(pid: string): Promise<void> {
    return this.datasets.markArchivable(pid);
  }

  override async postArchiveJob(uploader: Uploader, job: WantedArchiveJob): Promise<string> {
    const { pid, uploadId, contactEmail } = job;
    const { ownerGroup } = await this.datasets.ofJob(pid);
    const wanted = {
      type: this.archiveType,
      jobParams: { username: uploader.username, datasetList: [{ pid, files: [] }] },
      ownerUser: uploader.username,
      ownerGroup,
      ...(contactEmail === '' ? {} : { contactEmail }),
      idempotencyKey: `upload ${uploadId}`,
    };
    try {
      return (await this.creation.post(callerFrom(uploader), { ...wanted, request: wanted })).id;
    } catch (error) {
      if (!(error instanceof Refusal) || error.retriable) throw error;
      throw new UploadRefused(409, `The catalogue refused the archive job of ${pid}: ${error.message}`);
    }
  }

  /** A job of this catalogue was given to job-assembler when it was posted: there is nothing to start. */
  override async runOf(jobId: string, type: string): Promise<JobRun> {
    const known = [...this.jobs.jobs.values()].filter(({ workflow }) => workflow !== 'none');
    if (!known.some(({ jobType }) => jobType === type))
      throw new UploadRefused(
        422,
        `Expected one of ${known.map(({ jobType }) => jobType).join(', ')} (JOB_CONFIGURATION_FILE), found ${JSON.stringify(type.slice(0, 100))}.`,
      );
    const found = await this.catalogue.jobs.findOne(
      { _id: jobId, type, ...acceptedJobs },
      { projection: { _id: 1 } },
    );
    if (found === null)
      throw new UploadRefused(404, `Expected a job ${jobId} of type ${type} in this catalogue, found none.`);
    return { uuid: idFromName(`run of job ${jobId}`), name: `job-${jobId}` };
  }

  override missing(): Promise<readonly MissingDependency[]> {
    const { database, broker } = this.health;
    const lacking = [...(database ? [] : ['database']), ...(broker ? [] : ['broker'])];
    return Promise.resolve(
      lacking.map((dependency) => ({
        dependency,
        endpoint: '',
        message: `The ${dependency} does not answer.`,
      })),
    );
  }

  private get archiveType(): string {
    const types = [...this.jobs.jobs.values()].filter(({ workflow }) => workflow === 'archive');
    const type = types.find(({ jobType }) => jobType === 'archive') ?? types[0];
    if (type === undefined)
      throw new UploadRefused(
        409,
        'No type of job archives here (JOB_CONFIGURATION_FILE): an operator configures one.',
      );
    return type.jobType;
  }
}

function uploaderFrom({ _id, username, email, currentGroups }: Caller): Uploader {
  return { username, email, groups: currentGroups, accountId: _id };
}

/** A person of the provider has no account here: an id that no account has. */
function callerFrom({ username, email, groups, accountId }: Uploader): Caller {
  return {
    _id: accountId ?? `provider:${username}`,
    username,
    email,
    currentGroups: groups,
    authStrategy: accountId === undefined ? 'oidc' : 'local',
  };
}
