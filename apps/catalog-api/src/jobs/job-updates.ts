import { Inject, Injectable } from '@nestjs/common';
import { jobCancelRequestedV1 } from '#contracts';
import { Clock, TransientError, wait } from '#kernel';
import { eventRow, legacyRow } from '#outbox';
import { cancelledCode } from '#scicat-words';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { isOfOthers, mayStopJob, mayUpdateJob } from '../domain/job-rules.js';
import { isCatenas } from '../domain/states.js';
import { mergePatch } from '../datasets/dataset-answers.js';
import { JobRecords, type JobNote, type JobReport } from '../persistence/job-records.js';
import type { JobHistoryEntry, JobRecord } from '../persistence/records.js';
import { JobActions } from './job-actions.js';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobChanges } from '../events/job-changes.js';
import { legacyBody } from './job-answers.js';

/** Without a status, the job keeps the one it has when the change is written. */
export interface JobChange {
  readonly statusCode?: string;
  readonly statusMessage?: string;
  readonly jobResultObject?: Record<string, unknown>;
  readonly executionTime?: unknown;
}

/** How a change is written. */
interface Writing {
  readonly by: string;
  readonly request: unknown;
  readonly report?: JobReport;
  /** Into what the job said when it was read. */
  readonly merged?: boolean;
}

/** Attempts of a merge that others get in the way of. */
const maxAttempts = 20;
const pauseMilliseconds = 20;

/** Changes of stored jobs: by clients and external archive systems (PATCH), and by Catena's own reports. */
@Injectable()
export class JobUpdates {
  private cancelPatched = (caller: Caller | undefined, id: string): Promise<JobRecord> =>
    this.cancel(caller, id);

  constructor(
    private readonly jobs: JobRecords,
    private readonly rules: AccessRules,
    private readonly actions: JobActions,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
    private readonly news: JobChanges,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** SciCat's PATCH: any status may follow any other for job types that external systems handle. */
  async patch(
    caller: Caller | undefined,
    id: string,
    change: JobChange,
    { request, merges = false }: { readonly request: unknown; readonly merges?: boolean },
  ): Promise<JobRecord> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const job = await this.updatable(caller, id);
      if (isCatenas(job)) return this.patchCatenas(caller, id, change);
      const type = this.configuration.jobs.get(job.type)!;
      const { statusCode, statusMessage } = job;
      const asked = { statusCode, statusMessage, ...(request as object) };
      this.actions.validate(type.update.actions, { request: asked, job });
      const by = caller?.username ?? 'anonymous';
      if (!merges) return (await this.write(job, change, { by, request: asked })) ?? job;
      // Merged with the result that was read: another change since then, and it is merged anew.
      const written = await this.write(job, mergedWith(job, change), { by, request: asked, merged: true });
      if (written !== undefined) return written;
      await wait(Math.random() * pauseMilliseconds * (attempt + 1));
    }
    throw new TransientError(
      'catalog.change-contended',
      `Job ${id} changes too often at the moment: nothing was changed, try again.`,
    );
  }

  private patchCatenas(caller: Caller | undefined, id: string, change: JobChange): Promise<JobRecord> {
    if (change.statusCode === cancelledCode) return this.cancelPatched(caller, id);
    throw new JobRefusal(
      409,
      `Job ${id} is run by Catena, which alone sets its status. To stop it: POST /api/v4/jobs/${id}/cancel.`,
    );
  }

  /** @param cancel cancels jobs in place of {@link cancel} where clients know only PATCH */
  cancelPatchedBy(cancel: (caller: Caller | undefined, id: string) => Promise<JobRecord>): void {
    this.cancelPatched = cancel;
  }

  /** @param reason as the caller gives it: 3 to 500 characters */
  async cancel(caller: Caller | undefined, id: string, reason?: string): Promise<JobRecord> {
    return (await this.askForEnd(caller, id, reason)).job;
  }

  /** As {@link cancel}, under an audit entry; `asked`: by this very call, and neither before it nor too late. */
  async askForEnd(
    caller: Caller | undefined,
    id: string,
    reason?: string,
    audit?: string,
  ): Promise<{ readonly job: JobRecord; readonly asked: boolean }> {
    const job = await this.stoppable(caller, id);
    const by = caller?.username ?? 'anonymous';
    if (!isCatenas(job)) {
      if (job.catena?.finished === true) return { job: await this.cancelledTooLate(job, by), asked: false };
      throw new JobRefusal(
        409,
        `Job ${id} of type ${job.type} is not run by Catena: ask the system that runs it.`,
      );
    }
    const now = this.clock.now();
    const row = eventRow(jobCancelRequestedV1, { jobId: id, requestedBy: by }, now);
    const said = reason === undefined ? {} : { reason };
    const entry = { ...requested(job, by, 'Cancel requested.', now), ...said };
    const changed = await this.jobs.requestCancel(id, row, entry, audit);
    if (changed === undefined) return { job: await this.cancelledTooLate(job, by), asked: false };
    this.news.tell(id);
    return { job: changed, asked: true };
  }

  /**
   * For people who look at lists: whoever stops the work of others says why.
   *
   * @returns the job, if this caller may have it cancelled with this reason
   * @throws JobRefusal 400 without a reason for a job of others that goes on
   */
  async refuseCancel(caller: Caller, id: string, reason: string | undefined): Promise<JobRecord> {
    const job = await this.stoppable(caller, id);
    if (reason === undefined && isCatenas(job) && isOfOthers(caller, job))
      throw new JobRefusal(
        400,
        `Expected a reason of 3 to 500 characters for cancelling job ${id} of others, found none: its owner reads it.`,
        { code: 'operations.reason-missing' },
      );
    return job;
  }

  /** Leaves a trace in the history of a job that is over; another request for one that is being cancelled leaves none. */
  private async cancelledTooLate(job: JobRecord, by: string): Promise<JobRecord> {
    const words = 'Cancel requested after the end: nothing was changed.';
    const { _id } = job;
    const noted = await this.jobs.noteLateCancel(_id, requested(job, by, words, this.clock.now()));
    return noted ?? (await this.jobs.find(_id)) ?? job;
  }

  /**
   * Applies a report of Catena's own: once, and only if it is newer than what was applied before.
   *
   * @param also whom the routes of the job name for the mail about it
   * @returns undefined when the report changes nothing
   */
  async report(
    jobId: string,
    sequence: number,
    change: JobChange,
    finished: boolean,
    also?: readonly string[],
  ): Promise<JobRecord | undefined> {
    const job = await this.jobs.find(jobId);
    if (job?.catena === undefined || job.catena.finished || job.catena.reported >= sequence) return undefined;
    return (
      (await this.write(job, change, {
        ...{ by: 'catena', request: undefined },
        report: { sequence, finished, ...this.mailOf(finished, { ...job, ...change }, also) },
      })) ?? job
    );
  }

  private mailOf(
    finished: boolean,
    { statusCode, statusMessage }: Pick<JobRecord, 'statusCode' | 'statusMessage'>,
    also: readonly string[] = [],
  ): Pick<JobReport, 'mail'> {
    if (this.config.jobMails === undefined) return {};
    const told = { statusCode, statusMessage };
    const mail = { at: this.clock.now(), tries: 0, sent: [], told, ...(also.length === 0 ? {} : { also }) };
    return { mail: { kind: finished ? 'end' : 'start', mail } };
  }

  /** @returns undefined when the job has changed so that the change does not fit any more */
  private async write(
    job: JobRecord,
    change: JobChange,
    { by, request, report, merged = false }: Writing,
  ): Promise<JobRecord | undefined> {
    const now = this.clock.now();
    const { statusCode = job.statusCode, statusMessage = job.statusMessage } = change;
    const fields: Record<string, unknown> = { updatedAt: now, updatedBy: by };
    if (change.statusCode !== undefined) Object.assign(fields, { statusCode, statusMessage });
    const { executionTime, ...result } = change.jobResultObject ?? {};
    if (change.jobResultObject !== undefined) fields['jobResultObject'] = result;
    const executed = executionTime ?? change.executionTime;
    if (executed !== undefined) fields['jobParams.executionTime'] = executed;

    const after = { ...job, ...change, ...fields } as JobRecord;
    const actions = this.configuration.jobs.get(job.type)?.update.actions ?? [];
    const rows = this.actions
      .legacyMessages(actions, { request, job: after }, legacyBody(after))
      .map((message) => legacyRow(message, now));
    const entries: JobHistoryEntry[] = [{ at: now, by, statusCode, statusMessage }];
    if (report?.finished === true && job.catena?.cancelRequested === true && statusCode !== cancelledCode)
      entries.unshift({
        ...{ at: now, by, statusCode: job.statusCode },
        statusMessage: 'The cancel request came too late.',
        event: 'cancel-too-late',
      });
    const note: JobNote = { after, fields, entries, rows };
    const changed = await (report !== undefined
      ? this.jobs.takeReport(report, note)
      : merged
        ? this.jobs.takeMerged(job, note)
        : this.jobs.takeStatus(note));
    if (changed === undefined) return undefined;
    this.news.tell(job._id);
    await this.actions.perform(actions, { request, job: changed });
    return changed;
  }

  /** @throws JobRefusal for who may not change it, and for one that is not there */
  updatable(caller: Caller | undefined, id: string): Promise<JobRecord> {
    return this.open(caller, id, mayUpdateJob);
  }

  /** @throws JobRefusal for who may not stop it, or say what becomes of its copies, and for one that is not there */
  stoppable(caller: Caller | undefined, id: string): Promise<JobRecord> {
    return this.open(caller, id, mayStopJob);
  }

  private async open(caller: Caller | undefined, id: string, may: typeof mayUpdateJob): Promise<JobRecord> {
    const job = await this.jobs.findAccepted(id);
    if (job === undefined) throw new JobRefusal(400, 'Invalid job id.');
    const type = this.configuration.jobs.get(job.type);
    if (type === undefined) throw new JobRefusal(400, `Invalid job type: ${job.type}`);
    if (!may(this.rules, caller, type, job)) throw new JobRefusal(403, 'Unauthorized to update this job.');
    return job;
  }
}

function mergedWith({ jobResultObject: stored = {} }: JobRecord, change: JobChange): JobChange {
  const { jobResultObject } = change;
  return jobResultObject === undefined
    ? change
    : { ...change, ...mergePatch({ jobResultObject: stored }, { jobResultObject }) };
}

function requested({ statusCode }: JobRecord, by: string, statusMessage: string, at: Date): JobHistoryEntry {
  return { at, by, statusCode, statusMessage, event: 'cancel-requested' };
}
