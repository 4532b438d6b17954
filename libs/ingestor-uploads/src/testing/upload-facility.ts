/** Who takes part: `uploader` and `colleague` share a group, `other` is in another one; `outsider` is in no group of INGESTOR_GROUPS. */
export type Person = 'uploader' | 'colleague' | 'other' | 'outsider';

export interface ListedEntry {
  readonly path: string;
  readonly size: number;
  /** As `ls` shows it: `d…` of a folder. Default: of a plain file. */
  readonly perm?: string;
}

/** An app that serves the ingestors' API, its catalogue and its landing zone. The suite has them to itself. */
export interface UploadFacility {
  /** To the end of INGESTOR_BASE_PATH. */
  readonly baseUrl: string;
  /** INGESTOR_TOKEN_SECRET. */
  readonly tokenSecret: string;
  /** INGESTOR_SPACE, in bytes: 8 GiB or more. */
  readonly space: number;
  /** JOB_ENDPOINT_USERNAME and JOB_ENDPOINT_PASSWORD. */
  readonly door: { readonly username: string; readonly password: string };
  readonly people: Readonly<Record<Person, { readonly username: string; readonly group: string }>>;
  /** Of the catalogue's own sign-in. */
  scicatTokenOf(person: Person): Promise<string>;
  /** Of a provider that the facility trusts; these claims instead of the proper ones. */
  oidcTokenOf(person: Person, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /**
   * Registers a dataset of the person's group as an Ingestor does: `filesNotYetAvailable`, not archivable, `storageLocation` "ETHZ".
   *
   * @returns its pid
   */
  newDataset(person: Person, files: readonly ListedEntry[]): Promise<string>;
  /** One more original datablock. */
  addFiles(person: Person, pid: string, files: readonly ListedEntry[]): Promise<void>;
  lifecycleOf(pid: string): Promise<Readonly<Record<string, unknown>>>;
  /** All jobs of the catalogue that name the dataset, as its v4 API shows them. */
  jobsOf(pid: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A job that stands in the catalogue and that nothing has begun to do, for SciCat's `url` action to tell of. @returns its id */
  newJob(person: Person, type: string, pid: string): Promise<string>;
  /** What lies in the landing zone for the dataset. */
  landed(pid: string): Promise<readonly { readonly path: string; readonly size: number }[]>;
  /** Bytes of one of these files. */
  contentOf(pid: string, path: string): Promise<Buffer>;
  /** A file that got there some other way. */
  putBeside(pid: string, path: string, content: Buffer): Promise<void>;
  /** Uploads in parts that the object store has not put together yet, of the dataset. */
  unfinished(pid: string): Promise<number>;
  /** Bytes of INGESTOR_SPACE that are kept or taken for the dataset. */
  held(pid: string): Promise<number>;
  end(): Promise<void>;
}
