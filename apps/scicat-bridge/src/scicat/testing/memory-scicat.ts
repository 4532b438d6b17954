import { isDirectoryEntry, listedPath, newId } from '#kernel';
import {
  Scicat,
  type JobWords,
  type NewDatablock,
  type NewScicatJob,
  type ScicatDatablock,
  type ScicatDataset,
  type ScicatFile,
  type ScicatJob,
  type ScicatLifecycle,
  type ScicatPerson,
} from '../scicat.js';
import { datablockBody } from '../scicat-datablocks.js';
import { markParameter } from '../scicat-jobs.js';
import { away, listMoving, refused } from '../scicat-errors.js';
import { takeJob } from './new-jobs.js';
import { ScicatRefusal } from './scicat-queries.js';

/** A job with what was written to it. */
export type StoredJob = ScicatJob & {
  readonly statusMessage?: string;
  readonly contactEmail?: string;
  readonly jobResultObject?: Readonly<Record<string, unknown>>;
};

/** A datablock with its files. */
export type StoredDatablock = ScicatDatablock & Pick<NewDatablock, 'chkAlg' | 'version' | 'dataFileList'>;

/** What an original datablock lists: files and, with a `d` before their permissions, directories. */
export type ListedEntry = ScicatFile & { readonly perm?: string };

/** What a SciCat has; tests read and change it as other users of that SciCat would. */
export class ScicatRecords {
  readonly jobs = new Map<string, StoredJob>();
  readonly datasets = new Map<string, ScicatDataset>();
  /** By pid: the entries of each original datablock, with their paths as listed. */
  readonly originals = new Map<string, readonly (readonly ListedEntry[])[]>();
  /** By id. */
  readonly datablocks = new Map<string, StoredDatablock>();
  /** By the tokens with which they are signed in. */
  readonly people = new Map<string, ScicatPerson>();
  /** Types that its job configuration names. */
  readonly jobTypes = new Set(['archive', 'retrieve', 'reset']);

  /** A job of type `archive`, submitted by `ada`, unless said otherwise. */
  addJob(id: string, pids: readonly string[], other: Partial<StoredJob> = {}): StoredJob {
    const job: StoredJob = {
      ...{ id, type: 'archive', statusCode: 'jobSubmitted', jobParams: {}, ownerUser: 'ada' },
      ...{ ownerGroup: 'group', createdBy: 'ada', createdAt: new Date('2026-01-01T00:00:00Z') },
      datasetList: pids.map((pid) => ({ pid, files: [] })),
      ...other,
    };
    this.jobs.set(id, job);
    return job;
  }

  /** A person who is signed in with this token, of the group of datasets, unless said otherwise. */
  addPerson(token: string, other: Partial<ScicatPerson> = {}): ScicatPerson {
    const username = other.username ?? 'ada';
    const person: ScicatPerson = {
      ...{ id: `id-of-${username}`, username, profileName: username },
      ...{ email: `${username}@example.org`, groups: ['group'], ...other },
    };
    this.people.set(token, person);
    return person;
  }

  /** A dataset that can be archived, of one original datablock with these files, unless said otherwise. */
  addDataset(
    pid: string,
    files: readonly ListedEntry[] = [],
    other: Partial<ScicatDataset> = {},
  ): ScicatDataset {
    const dataset: ScicatDataset = {
      ...{ pid, ownerGroup: 'group', accessGroups: [], isPublished: false, sourceFolder: '/data' },
      datasetlifecycle: { archivable: true, retrievable: false, archiveStatusMessage: 'datasetCreated' },
      ...other,
    };
    this.datasets.set(pid, dataset);
    this.originals.set(pid, files.length === 0 ? [] : [files]);
    return dataset;
  }

  datablocksOf(pid: string): StoredDatablock[] {
    return [...this.datablocks.values()].filter(({ datasetId }) => datasetId === pid).sort(byId);
  }
}

/** Called with the name of a method and what it was given; what it throws, the method throws. */
export type ScicatHook = (method: keyof Scicat, given: readonly unknown[]) => void | Promise<void>;

/** A SciCat in memory, with faults to order. */
export class MemoryScicat extends Scicat {
  readonly records = new ScicatRecords();
  /** Every call, in order, those too that failed. */
  readonly calls: { readonly method: keyof Scicat; readonly given: readonly unknown[] }[] = [];
  /** Before a call does anything; of a list, before its first page. */
  before: ScicatHook | undefined;
  /** When a call has done everything, before it returns; of a list, after its last page. */
  after: ScicatHook | undefined;
  /** Jobs in a page. */
  pageSize = 100;
  /** Bytes of the largest body. */
  maxBody = 16 * 1024 * 1024;
  private unanswered = 0;

  constructor(private readonly username = 'bridge') {
    super();
  }

  /** The next calls, so many, find no SciCat; `Infinity` until it is told otherwise. */
  awayFor(calls: number): void {
    this.unanswered = calls;
  }

  override answers(): Promise<void> {
    return this.call('answers', [], () => undefined);
  }

  override job(id: string): Promise<ScicatJob | undefined> {
    return this.call('job', [id], () => {
      const found = this.records.jobs.get(id);
      if (found === undefined) return undefined;
      const { statusMessage: _, jobResultObject: __, contactEmail: ___, ...job } = structuredClone(found);
      return job;
    });
  }

  override async *jobsWith(
    statusCodes: readonly string[],
    types: readonly string[],
  ): AsyncGenerator<readonly { readonly id: string; readonly type: string }[]> {
    await this.enter('jobsWith', [statusCodes, types]);
    for (let last = ''; ;) {
      const page = [...this.records.jobs.values()]
        .filter(
          ({ id, type, statusCode }) => id > last && types.includes(type) && statusCodes.includes(statusCode),
        )
        .sort(byId)
        .slice(0, this.pageSize)
        .map(({ id, type }) => ({ id, type }));
      if (page.length > 0) yield page;
      if (page.length < this.pageSize) break;
      last = page.at(-1)?.id ?? last;
    }
    await this.after?.('jobsWith', [statusCodes, types]);
  }

  override writeJob(id: string, words: JobWords): Promise<boolean> {
    return this.call('writeJob', [id, words], () => {
      const found = this.records.jobs.get(id);
      if (found === undefined) return false;
      this.records.jobs.set(id, { ...found, ...structuredClone(words) });
      return true;
    });
  }

  override postJob(job: NewScicatJob): Promise<string> {
    return this.call('postJob', [job], () => {
      const { pids, mark, ...wanted } = job;
      const datasetList = pids.map((pid) => ({ pid, files: [] }));
      try {
        const params = { jobParams: { [markParameter]: mark }, datasetList };
        return takeJob(this.records, this.username, { ...wanted, ...params }).id;
      } catch (error) {
        if (!(error instanceof ScicatRefusal)) throw error;
        throw refused(`Expected SciCat to take a job, found ${error.status}: ${error.message}`, error.status);
      }
    });
  }

  override jobMarked(mark: string): Promise<string | undefined> {
    return this.call('jobMarked', [mark], () => {
      const found = [...this.records.jobs.values()].filter(
        ({ jobParams }) => jobParams[markParameter] === mark,
      );
      return found.sort(byId)[0]?.id;
    });
  }

  override identityOf(token: string): Promise<ScicatPerson | undefined> {
    return this.call('identityOf', [token], () => structuredClone(this.records.people.get(token)));
  }

  override person(id: string): Promise<ScicatPerson | undefined> {
    return this.call('person', [id], () =>
      structuredClone([...this.records.people.values()].find((person) => person.id === id)),
    );
  }

  override dataset(pid: string): Promise<ScicatDataset | undefined> {
    return this.call('dataset', [pid], () => structuredClone(this.records.datasets.get(pid)));
  }

  override datasets(pids: readonly string[]): Promise<Map<string, ScicatDataset>> {
    return this.call('datasets', [pids], () => {
      const found = pids.flatMap((pid) => this.records.datasets.get(pid) ?? []);
      return new Map(found.map((dataset) => [dataset.pid, structuredClone(dataset)]));
    });
  }

  override writeLifecycle(pid: string, change: ScicatLifecycle): Promise<boolean> {
    return this.call('writeLifecycle', [pid, change], () => {
      const found = this.records.datasets.get(pid);
      if (found === undefined) return false;
      const datasetlifecycle = { ...found.datasetlifecycle, ...structuredClone(change) };
      this.records.datasets.set(pid, { ...found, datasetlifecycle });
      return true;
    });
  }

  override async *originals(pid: string, sourceFolder: string): AsyncGenerator<readonly ScicatFile[]> {
    await this.enter('originals', [pid, sourceFolder]);
    const blocks = this.records.originals.get(pid) ?? [];
    for (const files of blocks)
      yield files
        .filter((entry) => !isDirectoryEntry(entry))
        .map(({ path, size }) => ({ path: listedPath(path, sourceFolder), size }));
    const now = this.records.originals.get(pid) ?? [];
    if (now.length !== blocks.length)
      throw listMoving(`original datablocks of ${pid}`, now.length, blocks.length);
    await this.after?.('originals', [pid, sourceFolder]);
  }

  override datablock(archiveId: string): Promise<ScicatDatablock | undefined> {
    return this.call('datablock', [archiveId], () => {
      const found = this.withArchiveId(archiveId);
      return found && listed(found);
    });
  }

  override async *datablocksOf(pid: string): AsyncGenerator<ScicatDatablock> {
    await this.enter('datablocksOf', [pid]);
    for (let last = ''; ;) {
      const next = this.records.datablocksOf(pid).find(({ id }) => id > last);
      if (next === undefined) break;
      yield listed(next);
      last = next.id;
    }
    await this.after?.('datablocksOf', [pid]);
  }

  override createDatablock(pid: string, datablock: NewDatablock): Promise<'created' | 'taken' | 'missing'> {
    return this.call('createDatablock', [pid, datablock], () => {
      datablockBody(datablock, this.maxBody);
      if (!this.records.datasets.has(pid)) return 'missing';
      if (this.withArchiveId(datablock.archiveId) !== undefined) return 'taken';
      const id = newId();
      const stored = { ...structuredClone(datablock), id, datasetId: pid, createdBy: this.username };
      this.records.datablocks.set(id, stored);
      return 'created';
    });
  }

  override deleteDatablock(pid: string, id: string): Promise<boolean> {
    return this.call('deleteDatablock', [pid, id], () => {
      if (!this.records.datasets.has(pid) || this.records.datablocks.get(id)?.datasetId !== pid) return false;
      return this.records.datablocks.delete(id);
    });
  }

  private async call<Answer>(
    method: keyof Scicat,
    given: readonly unknown[],
    action: () => Answer,
  ): Promise<Answer> {
    await this.enter(method, given);
    const answer = action();
    await this.after?.(method, given);
    return answer;
  }

  private async enter(method: keyof Scicat, given: readonly unknown[]): Promise<void> {
    this.calls.push({ method, given });
    await this.before?.(method, given);
    if (this.unanswered <= 0) return;
    this.unanswered -= 1;
    throw away('Expected an answer of SciCat in memory, found it ordered away.');
  }

  private withArchiveId(archiveId: string): StoredDatablock | undefined {
    return [...this.records.datablocks.values()].find((datablock) => datablock.archiveId === archiveId);
  }
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

function listed({ id, archiveId, datasetId, size, packedSize, createdBy }: StoredDatablock): ScicatDatablock {
  return { id, archiveId, datasetId, size, packedSize, createdBy };
}
