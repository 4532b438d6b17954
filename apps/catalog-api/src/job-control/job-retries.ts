import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { changedMeanwhile } from '#operations';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { JobChanges } from '../events/job-changes.js';
import { JobCreation } from '../jobs/job-creation.js';
import { JobQueries } from '../jobs/job-queries.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobRecord, JobRetry } from '../persistence/records.js';

interface Making {
  /** Of the child. */
  readonly id: string;
  readonly failed: readonly { pid: string }[];
  readonly audit: string;
}

/** A child job for what failed in a finished one. */
@Injectable()
export class JobRetries {
  constructor(
    private readonly queries: JobQueries,
    private readonly creation: JobCreation,
    private readonly jobs: JobRecords,
    private readonly rules: AccessRules,
    private readonly news: JobChanges,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: Pick<CatalogApiConfig, 'orphanClaimAge'>,
  ) {}

  /**
   * For users with the rights they would post it with; operators post it for the owner of the first one, with his.
   *
   * @returns what makes the child, under an audit entry, where there is something to retry
   * @throws JobRefusal 409 where nothing failed, and while another one retries it; what makes the child also as for a new job
   */
  async check(caller: Caller, id: string): Promise<(audit: string) => Promise<JobRecord>> {
    const job = await this.queries.get(caller, id);
    // Jobs of an older SciCat may have no result at all.
    const result = job.jobResultObject as { bad?: { pid: string }[] } | undefined;
    const failed = result?.bad ?? [];
    if (job.catena?.finished !== true || failed.length === 0)
      throw new JobRefusal(409, `Job ${id} has no failed datasets to retry (status ${job.statusCode}).`);
    await this.refuseRetried(job);
    return (audit) => this.makeOnce(caller, job, { failed, audit });
  }

  /** A child made before, as its caller may see it. */
  child(caller: Caller, id: string): Promise<JobRecord> {
    return this.queries.get(caller, id);
  }

  private async makeOnce(
    caller: Caller,
    job: JobRecord,
    what: Pick<Making, 'failed' | 'audit'>,
  ): Promise<JobRecord> {
    const { _id } = job;
    const id = newId();
    await this.reserve(job, { child: id, by: caller.username, at: this.clock.now() });
    try {
      return await this.make(caller, job, { id, ...what });
    } catch (error) {
      // What was accepted all the same goes on: only then would another one be one too many.
      if (!(await this.jobs.isAccepted(id))) await this.jobs.releaseRetry(_id, id);
      throw error;
    }
  }

  /** @throws JobRefusal 409 while another one is at it */
  private async refuseRetried({ _id, catena }: JobRecord): Promise<void> {
    const child = await this.jobs.unfinishedRetryOf(_id);
    if (child !== undefined) throw retriedAlready(_id, child._id, child.createdBy);
    const before = catena?.retry;
    if (before !== undefined && !(await this.isPast(before, this.clock.now())))
      throw retriedAlready(_id, before.child, before.by);
  }

  /** By what was read when it was looked at: another one in between makes it miss. @throws JobRefusal 409 */
  private async reserve({ _id, catena }: JobRecord, retry: JobRetry): Promise<void> {
    if (await this.jobs.reserveRetry(_id, retry, catena?.retry)) return;
    const other = (await this.jobs.findAccepted(_id))?.catena?.retry;
    throw retriedAlready(_id, other?.child, other?.by);
  }

  /** Over, or never accepted: whoever made it died, and by now so has what he left. */
  private async isPast({ child, at }: JobRetry, now: Date): Promise<boolean> {
    if (await this.jobs.isAccepted(child)) return this.jobs.isOver(child);
    return now.getTime() - at.getTime() > 2 * this.config.orphanClaimAge;
  }

  private async make(
    caller: Caller,
    job: JobRecord,
    { id: child, failed, audit }: Making,
  ): Promise<JobRecord> {
    const { _id: id } = job;
    const pids = new Set(failed.map(({ pid }) => pid));
    const list = job.jobParams['datasetList'] as { pid: string }[];
    const datasetList = list.filter(({ pid }) => pids.has(pid));
    const { ownerUser, ownerGroup, contactEmail, type, catena } = job;
    const made = await this.creation.create(caller, {
      id: child,
      type,
      jobParams: { ...job.jobParams, datasetList },
      ...(ownerUser === undefined ? {} : { ownerUser }),
      ...(ownerGroup === undefined ? {} : { ownerGroup }),
      contactEmail,
      request: {},
      ...(catena?.initiator === undefined ? {} : { initiator: catena.initiator }),
      ...{ retryOf: id, retryAudit: audit },
      ...(this.isOnBehalf(caller, job) ? { onBehalf: true } : {}),
    });
    await this.note(caller, job, child);
    return made;
  }

  /** Administrators need nobody's rights. */
  private isOnBehalf(caller: Caller, { ownerUser }: JobRecord): boolean {
    return !this.rules.isAdmin(caller) && this.rules.isOperator(caller) && ownerUser !== caller.username;
  }

  private async note({ username: by }: Caller, { _id, statusCode }: JobRecord, child: string): Promise<void> {
    const entry = { at: this.clock.now(), by, statusCode, statusMessage: `Retried by job ${child}.` };
    await this.jobs.noteRetry(_id, { ...entry, event: 'retried' });
    this.news.tell(_id);
  }
}

function retriedAlready(id: string, child = 'another', by = 'another'): JobRefusal {
  return new JobRefusal(
    409,
    `Expected job ${id} not to be retried now, found job ${child}, by which ${by} retries it: wait for its end.`,
    { code: changedMeanwhile },
  );
}
