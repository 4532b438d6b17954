/** A job as SciCat shows it: of v4, or in the older shape of v3. */
export interface ScicatJob {
  readonly id: string;
  readonly type: string;
  /** `statusCode` of v4, `jobStatusMessage` of v3. */
  readonly statusCode: string;
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  /** User name of whoever posted it; old versions do not say. */
  readonly createdBy?: string;
  readonly createdAt?: Date;
  readonly datasetList: readonly { readonly pid: string; readonly files: readonly string[] }[];
  /** Without the list of datasets. */
  readonly jobParams: Readonly<Record<string, unknown>>;
}

/** A job that the bridge posts for others. */
export interface NewScicatJob {
  readonly type: string;
  /** Profile name of a person. One whom SciCat does not know becomes the bridge's account. */
  readonly ownerUser: string;
  readonly ownerGroup: string;
  /** Empty: whoever owns the job is written to, if SciCat writes to anybody. */
  readonly contactEmail: string;
  readonly pids: readonly string[];
  /** By which it is found again: no two jobs have the same. */
  readonly mark: string;
}

/** Whoever has an account at SciCat. */
export interface ScicatPerson {
  readonly id: string;
  /** As jobs and records name them. */
  readonly username: string;
  /** By which SciCat looks for the owner of a new job: of a directory's account, it may be another name. */
  readonly profileName: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** What the bridge may say of a job. */
export interface JobWords {
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly jobResultObject?: Readonly<Record<string, unknown>>;
}

export interface ScicatLifecycle {
  readonly archivable?: boolean;
  readonly retrievable?: boolean;
  readonly isOnCentralDisk?: boolean;
  readonly archiveStatusMessage?: string;
  readonly retrieveStatusMessage?: string;
  readonly retrieveIntegrityCheck?: boolean;
  readonly archiveReturnMessage?: unknown;
  readonly retrieveReturnMessage?: unknown;
}

export interface ScicatDataset {
  readonly pid: string;
  readonly ownerGroup: string;
  readonly accessGroups: readonly string[];
  readonly isPublished: boolean;
  readonly sourceFolder: string;
  readonly datasetlifecycle: ScicatLifecycle;
}

export interface ScicatFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** A datablock as SciCat lists it. */
export interface ScicatDatablock {
  readonly id: string;
  readonly archiveId: string;
  readonly datasetId: string;
  /** Bytes of its files. */
  readonly size: number;
  /** Bytes of its tar. */
  readonly packedSize: number;
  readonly createdBy?: string;
}

/** A datablock to be listed. */
export interface NewDatablock {
  readonly archiveId: string;
  readonly size: number;
  readonly packedSize: number;
  readonly chkAlg: string;
  readonly version: string;
  readonly dataFileList: readonly {
    readonly path: string;
    readonly size: number;
    /** ISO 8601. */
    readonly time: string;
    readonly chk: string;
  }[];
}

/**
 * A SciCat that stays, over its REST API, as the bridge's own account. Nothing that it says is remembered; each answer is as of now.
 *
 * Every method throws TransientError `scicat.away` when there is no answer in time, or none that can be read (5xx, 429, HTML, an
 * empty body where one belongs), TransientError `scicat.login` while the account is refused, TransientError `scicat.rights` where
 * the account may not do it (403; after a fresh sign-in), and PermanentError `scicat.refused` (details `{ status }`) for every other
 * refusal, PermanentError `scicat.odd-answer` for an answer in which something stands that does not belong there, and PermanentError
 * `scicat.too-large` for an answer of more bytes than the bridge reads. A write that ended in `scicat.away` may have happened: look
 * before it is tried again.
 */
export abstract class Scicat {
  /** Returns when it answers, and lets the account in; throws as every method does. */
  abstract answers(): Promise<void>;

  /** @returns undefined when SciCat says that there is no such job (v4: 400 `Invalid job id.`, 404), never for any other refusal */
  abstract job(id: string): Promise<ScicatJob | undefined>;

  /**
   * Ids and types of jobs of some types with one of these status codes, in the order of their ids, a page at a time; what is there
   * all the time comes once.
   */
  abstract jobsWith(
    statusCodes: readonly string[],
    types: readonly string[],
  ): AsyncGenerator<readonly { readonly id: string; readonly type: string }[]>;

  /** @returns false when the job is gone */
  abstract writeJob(id: string, words: JobWords): Promise<boolean>;

  /**
   * SciCat knows no repetition: look for its mark first, and again after anything but an id.
   *
   * @returns its id
   * @throws PermanentError `scicat.refused` with SciCat's words; some versions have stored the job all the same
   */
  abstract postJob(job: NewScicatJob): Promise<string>;

  /** The id of the job that was posted with this mark. */
  abstract jobMarked(mark: string): Promise<string | undefined>;

  /** Whose a token of SciCat is; undefined when SciCat takes it for nobody's. */
  abstract identityOf(token: string): Promise<ScicatPerson | undefined>;

  /** What SciCat says now of whoever has this id; undefined when nobody has it. */
  abstract person(id: string): Promise<ScicatPerson | undefined>;

  /** @returns undefined when SciCat says that there is none (404) */
  abstract dataset(pid: string): Promise<ScicatDataset | undefined>;

  /** Those of some datasets that there are, asked for in portions that fit an address; of the others SciCat said that there is none (404). */
  abstract datasets(pids: readonly string[]): Promise<Map<string, ScicatDataset>>;

  /**
   * Merges these fields into the lifecycle, and no others. A SciCat without a route for that is read first, and written what it said
   * with the change: what another writes in between is lost there.
   *
   * @returns false when the dataset is gone
   */
  abstract writeLifecycle(pid: string, change: ScicatLifecycle): Promise<boolean>;

  /**
   * All files that the original datablocks of a dataset list, with their paths inside the dataset, a block at a time, without the
   * directories among them. Of a dataset that is gone, none.
   *
   * @throws TransientError `scicat.list-moving` at the end, when these were not all blocks
   * @throws PermanentError `kernel.unsafe-path`
   */
  abstract originals(pid: string, sourceFolder: string): AsyncGenerator<readonly ScicatFile[]>;

  /** The datablock of this archive id, whosever; undefined when there is none that the account sees. */
  abstract datablock(archiveId: string): Promise<ScicatDatablock | undefined>;

  /**
   * All datablocks of a dataset in the order of their ids; of a dataset that is gone, none. What is there all the time comes once, what
   * is added or removed meanwhile may come or not: the reader may remove what it has read.
   */
  abstract datablocksOf(pid: string): AsyncGenerator<ScicatDatablock>;

  /**
   * Lists a datablock. SciCat knows no repetition: look for its archive id first, and again after `scicat.away`.
   *
   * @returns `taken` when SciCat has a datablock of this archive id (409; versions that answer 500 end in `scicat.away`), `missing`
   *   when the dataset is gone
   * @throws PermanentError `scicat.too-large` when the body has more bytes than SciCat takes (its 500 would look like "try again")
   */
  abstract createDatablock(pid: string, datablock: NewDatablock): Promise<'created' | 'taken' | 'missing'>;

  /** @returns false when it is gone already, or its dataset is */
  abstract deleteDatablock(pid: string, id: string): Promise<boolean>;
}
