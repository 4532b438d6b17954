import { Inject, Injectable } from '@nestjs/common';
import { crashPoint, idFromName, isRetriable, messageOf, PermanentError } from '#kernel';
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
import { AppHealth } from '#service-host';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { Scicat, type ScicatPerson } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobWorker } from '../tell-scicat/job-worker.js';
import { isJobId } from '../ways-in/job-id.js';
import { UploadableDatasets } from './uploadable-datasets.js';

/** The catalogue that ingestors upload for, when it is a SciCat that stays. */
@Injectable()
export class BridgeUploadCatalogue extends UploadCatalogue {
  constructor(
    private readonly scicat: Scicat,
    private readonly datasets: UploadableDatasets,
    private readonly jobs: BridgeJobs,
    private readonly worker: JobWorker,
    private readonly health: AppHealth,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
  ) {
    super();
  }

  override async uploaderOf(token: string): Promise<Uploader | undefined> {
    return uploaderFrom(await this.scicat.identityOf(token));
  }

  /** Its groups are those of the token: the provider vouches for them. */
  override uploaderNamed(person: Uploader): Promise<Uploader | undefined> {
    return Promise.resolve(person);
  }

  /**
   * Of an account of SciCat, which the bridge's own account may look at. While SciCat is away, what was known counts: clients of the
   * protocol ask for a token before each file, and an upload goes on without SciCat until its end.
   */
  override async uploaderNow(uploader: Uploader): Promise<Uploader | undefined> {
    if (uploader.accountId === undefined) return uploader;
    try {
      return uploaderFrom(await this.scicat.person(uploader.accountId));
    } catch (error) {
      if (isRetriable(error)) return uploader;
      throw error;
    }
  }

  override async admit({ username, groups }: Uploader, pid: string): Promise<UploadDataset> {
    const { ownerGroup, sourceFolder } = await this.datasets.admit(username, groups, pid);
    return { pid, ownerGroup, sourceFolder };
  }

  override async *files({ pid, sourceFolder }: UploadDataset): AsyncGenerator<RegisteredFile> {
    for await (const files of this.scicat.originals(pid, sourceFolder)) yield* files;
  }

  override markArchivable(pid: string): Promise<void> {
    return this.datasets.markArchivable(pid);
  }

  override async postArchiveJob(uploader: Uploader, wanted: WantedArchiveJob): Promise<string> {
    // Its answer may have been lost the last time.
    const id = (await this.scicat.jobMarked(wanted.uploadId)) ?? (await this.post(uploader, wanted));
    await this.jobs.see(id, 'upload');
    this.worker.wake();
    return id;
  }

  /** What the job is, SciCat is asked. */
  override async runOf(jobId: string, type: string): Promise<JobRun> {
    const types = [...this.config.jobTypes.keys()];
    if (!types.includes(type))
      throw new UploadRefused(
        422,
        `Expected one of ${types.join(', ')} (SCICAT_JOB_TYPES), found ${JSON.stringify(type.slice(0, 100))}.`,
      );
    const shown = JSON.stringify(jobId.slice(0, 100));
    if (!isJobId(jobId)) throw new UploadRefused(422, `Expected the id of a job of SciCat, found ${shown}.`);
    await this.jobs.see(jobId, 'door');
    crashPoint('bridge.after-door');
    this.worker.wake();
    return { uuid: idFromName(`run of job ${jobId}`), name: `job-${jobId}` };
  }

  override async missing(): Promise<readonly MissingDependency[]> {
    const { database, broker } = this.health;
    const own = [...(database ? [] : ['database']), ...(broker ? [] : ['broker'])].map((dependency) => ({
      ...{ dependency, endpoint: '', message: `The ${dependency} does not answer.` },
    }));
    try {
      await this.scicat.answers();
      return own;
    } catch (error) {
      const scicat = { dependency: 'scicat', endpoint: `${this.config.scicat.url}/api/v3/health` };
      return [...own, { ...scicat, message: messageOf(error) }];
    }
  }

  /** @throws UploadRefused with SciCat's words */
  private async post(uploader: Uploader, { uploadId, pid, contactEmail }: WantedArchiveJob): Promise<string> {
    const { ownerGroup } = await this.datasets.free(pid);
    const job = {
      ...{ type: this.archiveType, ownerUser: await this.ownerNameOf(uploader), ownerGroup },
      ...{ contactEmail, pids: [pid], mark: uploadId },
    };
    try {
      return await this.scicat.postJob(job);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      // SciCat stores a job before it runs its actions: one of these that fails makes a refusal of it, and the job is there.
      const stored = await this.scicat.jobMarked(uploadId);
      if (stored !== undefined) return stored;
      throw new UploadRefused(409, `SciCat refused the archive job of ${pid}: ${error.message}`);
    }
  }

  /** @throws UploadRefused 403 */
  private async ownerNameOf({ username, accountId }: Uploader): Promise<string> {
    if (accountId === undefined) return username;
    const person = await this.scicat.person(accountId);
    if (person !== undefined) return person.profileName;
    throw new UploadRefused(
      403,
      `Expected the account of ${username} in SciCat, found that it is gone: another member of the group posts the archive job.`,
    );
  }

  private get archiveType(): string {
    const types = [...this.config.jobTypes].filter(([, workflow]) => workflow === 'archive');
    const [type] = types.find(([name]) => name === 'archive') ?? types[0] ?? [];
    if (type !== undefined) return type;
    throw new UploadRefused(
      409,
      'No type of job archives here (SCICAT_JOB_TYPES): an operator configures one.',
    );
  }
}

function uploaderFrom(person: ScicatPerson | undefined): Uploader | undefined {
  if (person === undefined) return undefined;
  const { id: accountId, username, email, groups } = person;
  return { username, email, groups, accountId };
}
