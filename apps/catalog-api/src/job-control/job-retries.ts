import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import { JobChanges } from '../events/job-changes.js';
import { JobCreation } from '../jobs/job-creation.js';
import { JobQueries } from '../jobs/job-queries.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobRecord } from '../persistence/records.js';

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
  ) {}

  /**
   * For users with the rights they would post it with; operators post it for the owner of the first one, with his.
   *
   * @returns the child
   * @throws JobRefusal 409 where nothing failed, and as for a new job
   */
  async retry(caller: Caller, id: string): Promise<JobRecord> {
    return (await this.check(caller, id))();
  }

  /** @returns what makes the child, where there is something to retry; throws as {@link retry} otherwise */
  async check(caller: Caller, id: string): Promise<() => Promise<JobRecord>> {
    const job = await this.queries.get(caller, id);
    // Jobs of an older SciCat may have no result at all.
    const result = job.jobResultObject as { bad?: { pid: string }[] } | undefined;
    const failed = result?.bad ?? [];
    if (job.catena?.finished !== true || failed.length === 0)
      throw new JobRefusal(409, `Job ${id} has no failed datasets to retry (status ${job.statusCode}).`);
    return () => this.make(caller, job, failed);
  }

  private async make(caller: Caller, job: JobRecord, failed: readonly { pid: string }[]): Promise<JobRecord> {
    const { _id: id } = job;
    const pids = new Set(failed.map(({ pid }) => pid));
    const list = job.jobParams['datasetList'] as { pid: string }[];
    const datasetList = list.filter(({ pid }) => pids.has(pid));
    const { ownerUser, ownerGroup, contactEmail, type, catena } = job;
    const child = await this.creation.create(caller, {
      type,
      jobParams: { ...job.jobParams, datasetList },
      ...(ownerUser === undefined ? {} : { ownerUser }),
      ...(ownerGroup === undefined ? {} : { ownerGroup }),
      contactEmail,
      request: {},
      ...(catena?.initiator === undefined ? {} : { initiator: catena.initiator }),
      retryOf: id,
      ...(this.isOnBehalf(caller, job) ? { onBehalf: true } : {}),
    });
    await this.note(caller, job, child._id);
    return child;
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
