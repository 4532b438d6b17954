import type { Clock } from '#kernel';
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
} from './scicat.js';
import { isRouteMissing, succeeded } from './calls.js';
import { ListAbove } from './list-above.js';
import { ScicatDatablocks } from './scicat-datablocks.js';
import { ScicatDatasets } from './scicat-datasets.js';
import { ScicatJobs, type JobEntry } from './scicat-jobs.js';
import { ScicatPeople } from './scicat-people.js';
import { ScicatSession, type ScicatAccount, type SessionLimits } from './scicat-session.js';

export interface RestScicatOptions extends ScicatAccount, SessionLimits {
  /** `v3` where a SciCat has no jobs under `/api/v4`. */
  readonly jobsApi: 'v4' | 'v3';
  /** Bytes of the largest body that SciCat takes, its `MAX_FILE_UPLOAD_SIZE`; 16 MiB unless said otherwise. */
  readonly maxBody?: number;
}

/** A SciCat over HTTP. */
export class RestScicat extends Scicat {
  private readonly session: ScicatSession;
  private readonly jobs: ScicatJobs;
  private readonly sets: ScicatDatasets;
  private readonly blocks: ScicatDatablocks;
  private readonly people: ScicatPeople;

  constructor(options: RestScicatOptions, clock: Clock) {
    super();
    const session = new ScicatSession(options, clock, options);
    this.session = session;
    const above = new ListAbove();
    this.jobs = new ScicatJobs(session, options.jobsApi, above);
    this.sets = new ScicatDatasets(session);
    this.people = new ScicatPeople(session);
    this.blocks = new ScicatDatablocks(session, options.maxBody ?? 16 * 1024 * 1024, above);
  }

  override async answers(): Promise<void> {
    const answer = await this.session.call({ method: 'GET', path: '/api/v3/health' });
    // Older versions have no such route: it has let the account in.
    if (!isRouteMissing(answer)) succeeded(answer, 'tell its health');
  }

  override job(id: string): Promise<ScicatJob | undefined> {
    return this.jobs.job(id);
  }

  override jobsWith(
    statusCodes: readonly string[],
    types: readonly string[],
  ): AsyncGenerator<readonly JobEntry[]> {
    return this.jobs.jobsWith(statusCodes, types);
  }

  override writeJob(id: string, words: JobWords): Promise<boolean> {
    return this.jobs.writeJob(id, words);
  }

  override postJob(job: NewScicatJob): Promise<string> {
    return this.jobs.postJob(job);
  }

  override jobMarked(mark: string): Promise<string | undefined> {
    return this.jobs.jobMarked(mark);
  }

  override identityOf(token: string): Promise<ScicatPerson | undefined> {
    return this.people.identityOf(token);
  }

  override person(id: string): Promise<ScicatPerson | undefined> {
    return this.people.person(id);
  }

  override dataset(pid: string): Promise<ScicatDataset | undefined> {
    return this.sets.dataset(pid);
  }

  override datasets(pids: readonly string[]): Promise<Map<string, ScicatDataset>> {
    return this.sets.datasets(pids);
  }

  override writeLifecycle(pid: string, change: ScicatLifecycle): Promise<boolean> {
    return this.sets.writeLifecycle(pid, change);
  }

  override originals(pid: string, sourceFolder: string): AsyncGenerator<readonly ScicatFile[]> {
    return this.blocks.originals(pid, sourceFolder);
  }

  override datablock(archiveId: string): Promise<ScicatDatablock | undefined> {
    return this.blocks.datablock(archiveId);
  }

  override datablocksOf(pid: string): AsyncGenerator<ScicatDatablock> {
    return this.blocks.datablocksOf(pid);
  }

  override createDatablock(pid: string, datablock: NewDatablock): Promise<'created' | 'taken' | 'missing'> {
    return this.blocks.createDatablock(pid, datablock);
  }

  override deleteDatablock(pid: string, id: string): Promise<boolean> {
    return this.blocks.deleteDatablock(pid, id);
  }
}
