/** A person who uploads, as the catalogue knows them. */
export interface Uploader {
  readonly username: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** Of an account that the catalogue can look up again; absent: it cannot. */
  readonly accountId?: string;
}

/** A dataset that files may be uploaded for at this moment. */
export interface UploadDataset {
  readonly pid: string;
  readonly ownerGroup: string;
  readonly sourceFolder: string;
}

/** A file that the dataset's original datablocks list. Entries that stand for directories are none. */
export interface RegisteredFile {
  /** Inside the dataset, safe. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** An archive job that an uploader asked for with the end of an upload. */
export interface WantedArchiveJob {
  /** The upload it belongs to: however often it is asked for, one job is made for it. */
  readonly uploadId: string;
  readonly pid: string;
  readonly contactEmail: string;
}

/** The run of a job, as ScopeMArchiver answers it. */
export interface JobRun {
  readonly uuid: string;
  readonly name: string;
}

/**
 * What the uploads ask of the catalogue that they stand beside. Every method throws UploadRefused for what the caller did, and
 * TransientError while the catalogue, or its database, is away; nothing is half done then, and everything may be repeated.
 */
export abstract class UploadCatalogue {
  /** Whom a token of the catalogue (HS256, of its own sign-in) stands for; undefined when it stands for nobody. */
  abstract uploaderOf(token: string): Promise<Uploader | undefined>;

  /** The person of a provider's token (OIDC), already verified: what the catalogue knows of them is added. */
  abstract uploaderNamed(person: Uploader): Promise<Uploader | undefined>;

  /** The same person with what is known of them now; undefined when the account is gone. */
  abstract uploaderNow(uploader: Uploader): Promise<Uploader | undefined>;

  /** @throws UploadRefused 404 no such dataset, 403 not theirs to fill, 409 a job works on it or it is archived */
  abstract admit(uploader: Uploader, pid: string): Promise<UploadDataset>;

  /** All files that the dataset lists at this moment, in the order of the list. @throws PermanentError `kernel.unsafe-path` */
  abstract files(dataset: UploadDataset): AsyncIterable<RegisteredFile>;

  /**
   * The dataset's files are all there: `archivable: true` and `datasetCreated`, and nothing else changes. Decided in one write where the
   * catalogue has such a write.
   *
   * @throws UploadRefused 404, 409 as of `admit`
   */
  abstract markArchivable(pid: string): Promise<void>;

  /**
   * One archive job for the upload, which belongs to the uploader: the same one, however often it is asked for.
   *
   * @returns its id
   * @throws UploadRefused with the catalogue's words when it refuses the job
   */
  abstract postArchiveJob(uploader: Uploader, job: WantedArchiveJob): Promise<string>;

  /**
   * A job that SciCat's `url` action posted: it is seen to that it is done, once, whatever is posted again.
   *
   * @throws UploadRefused 422 for a type that is not done here
   */
  abstract runOf(jobId: string, type: string): Promise<JobRun>;

  /** What the catalogue's side needs and lacks at this moment: a name, an address, why. Empty: nothing. */
  abstract missing(): Promise<readonly MissingDependency[]>;
}

/** A dependency that does not answer, in the words of `GET /health/readyz`. */
export interface MissingDependency {
  readonly dependency: string;
  readonly endpoint: string;
  readonly message: string;
}
