import { idFromName, TransientError } from '#kernel';
import {
  UploadCatalogue,
  type JobRun,
  type MissingDependency,
  type RegisteredFile,
  type UploadDataset,
  type Uploader,
  type WantedArchiveJob,
} from '../upload-catalogue.js';
import { UploadRefused } from '../upload-refused.js';

interface KnownDataset {
  readonly ownerGroup: string;
  files: RegisteredFile[];
  archivable: boolean;
  /** The job that works on it. */
  workedOnBy: string | undefined;
}

/** A catalogue in memory, whose faults and whose other users a test orders. */
export class MemoryUploadCatalogue extends UploadCatalogue {
  readonly datasets = new Map<string, KnownDataset>();
  readonly people = new Map<string, Uploader>();
  /** Archive jobs by the upload they were posted for. */
  readonly jobs = new Map<string, string>();
  /** As if it did not answer. */
  away = false;
  /** Groups whose members may not post archive jobs. */
  jobless = new Set<string>();
  /** What another does just before a call is answered. */
  meanwhile: ((call: 'admit' | 'files' | 'markArchivable' | 'postArchiveJob') => Promise<void>) | undefined;

  register(pid: string, ownerGroup: string, files: RegisteredFile[]): void {
    this.datasets.set(pid, { ownerGroup, files, archivable: false, workedOnBy: undefined });
  }

  override uploaderOf(token: string): Promise<Uploader | undefined> {
    this.answer();
    return Promise.resolve(this.people.get(token));
  }

  override uploaderNamed(person: Uploader): Promise<Uploader | undefined> {
    return Promise.resolve(person);
  }

  override uploaderNow({ username }: Uploader): Promise<Uploader | undefined> {
    this.answer();
    return Promise.resolve([...this.people.values()].find((person) => person.username === username));
  }

  override async admit(uploader: Uploader, pid: string): Promise<UploadDataset> {
    await this.meanwhile?.('admit');
    const { ownerGroup, workedOnBy } = this.found(pid);
    if (!uploader.groups.includes(ownerGroup)) throw new UploadRefused(403, `${pid} belongs to others.`);
    if (workedOnBy !== undefined) throw new UploadRefused(409, `Job ${workedOnBy} works on ${pid}.`);
    return { pid, ownerGroup, sourceFolder: '/data' };
  }

  override async *files({ pid }: UploadDataset): AsyncGenerator<RegisteredFile> {
    await this.meanwhile?.('files');
    yield* this.found(pid).files;
  }

  override async markArchivable(pid: string): Promise<void> {
    await this.meanwhile?.('markArchivable');
    const dataset = this.found(pid);
    if (dataset.workedOnBy !== undefined)
      throw new UploadRefused(409, `Job ${dataset.workedOnBy} works on ${pid}.`);
    dataset.archivable = true;
  }

  override async postArchiveJob(uploader: Uploader, { uploadId, pid }: WantedArchiveJob): Promise<string> {
    await this.meanwhile?.('postArchiveJob');
    const dataset = this.found(pid);
    const before = this.jobs.get(uploadId);
    if (before !== undefined) return before;
    if (uploader.groups.some((group) => this.jobless.has(group)) || dataset.workedOnBy !== undefined)
      throw new UploadRefused(409, `The catalogue refused the archive job of ${pid}.`);
    const id = idFromName(`job of ${uploadId}`);
    this.jobs.set(uploadId, id);
    dataset.workedOnBy = id;
    return id;
  }

  override runOf(jobId: string): Promise<JobRun> {
    return Promise.resolve({ uuid: idFromName(jobId), name: jobId });
  }

  override missing(): Promise<readonly MissingDependency[]> {
    return Promise.resolve([]);
  }

  private found(pid: string): KnownDataset {
    this.answer();
    const dataset = this.datasets.get(pid);
    if (dataset === undefined) throw new UploadRefused(404, `There is no dataset ${pid}.`);
    return dataset;
  }

  private answer(): void {
    if (this.away) throw new TransientError('catalog.away', 'The catalogue does not answer.', { away: true });
  }
}
