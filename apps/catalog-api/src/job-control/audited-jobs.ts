import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ways, type Said } from '#console-api';
import { CatenaError, PermanentError } from '#kernel';
import {
  actingViaHeader,
  changedMeanwhile,
  idempotencyHeader,
  OperatorActions,
  type AuditRecord,
  type Deed,
  type Operator,
  underWay,
  type Wish,
} from '#operations';
import type { Caller } from '../domain/access.js';
import { JobRefusal, Refusal } from '../domain/errors.js';
import { isCatenas } from '../domain/states.js';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { idempotencyKeyFrom } from '../http/request-parts.js';
import { JobUpdates } from '../jobs/job-updates.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import { JobRetries } from './job-retries.js';

type AskingRequest = Pick<RequestWithCaller, 'headers' | 'ip'>;

/** Cancelling and retrying by people, each with one entry in the audit trail. */
@Injectable()
export class AuditedJobs implements OnModuleInit {
  constructor(
    private readonly updates: JobUpdates,
    private readonly retries: JobRetries,
    private readonly actions: OperatorActions,
    private readonly catalogue: Catalogue,
  ) {}

  /** Jobs know who asked for their end, and children who made them. */
  onModuleInit(): void {
    this.actions.addWitness('job.cancel', (entry) => this.cancelled(entry));
    this.actions.addWitness('job.retry', (entry) => this.retried(entry));
    // SciCat's clients cancel with a PATCH, of jobs of others, too, and know of no reasons.
    this.updates.cancelPatchedBy(async (caller, id) => {
      const { username: name = 'anonymous', currentGroups: groups = [] } = caller ?? {};
      const job = await this.updates.stoppable(caller, id);
      return this.cancelAudited(caller, { name, groups, via: 'token' }, job);
    });
  }

  /** Who may not, and who is too late, leaves no entry: nobody fills the trail with wishes. */
  async cancel(caller: Caller, request: AskingRequest, id: string, reason?: string): Promise<JobRecord> {
    const job = await this.updates.refuseCancel(caller, id, reason);
    return this.cancelAudited(caller, operatorOf(caller, request), job, reason);
  }

  private async cancelAudited(
    caller: Caller | undefined,
    operator: Operator,
    job: JobRecord,
    reason?: string,
  ): Promise<JobRecord> {
    const { _id: id, catena } = job;
    // Who comes too late, or asks for what is not Catena's to end, leaves no entry.
    if (catena?.finished === true || catena?.cancelRequested === true || !isCatenas(job))
      return this.updates.cancel(caller, id, reason);
    let late: JobRecord | undefined;
    let changed = job;
    const wish = { action: 'job.cancel' as const, subject: `job/${id}`, jobId: id };
    const said = reason === undefined ? wish : { ...wish, reason };
    try {
      await this.perform(operator, said, async (audit) => {
        const { job: found, asked } = await this.updates.askForEnd(caller, id, reason, audit);
        changed = found;
        if (asked) return { before: statusOf(job), after: cancelOf(changed) };
        late = changed;
        throw new PermanentError(changedMeanwhile, tooLate(changed));
      });
    } catch (error) {
      // The entry is refused; SciCat's clients are answered with the job as it is.
      if (late === undefined) throw error;
    }
    return changed;
  }

  /** @returns the child */
  async retry(caller: Caller, request: AskingRequest, id: string): Promise<JobRecord> {
    const operator = operatorOf(caller, request);
    const wish = { action: 'job.retry' as const, subject: `job/${id}`, jobId: id };
    // The same call, answered before: with the same child, whatever became of it.
    const before = await this.actions.answerTo(operator, wish);
    if (before !== undefined) return this.retries.child(caller, String(before['retriedBy']));
    const retry = await this.retries.check(caller, id);
    let child: JobRecord | undefined;
    const { retriedBy } = await this.perform(operator, wish, async (audit) => {
      child = await retry(audit);
      return { after: { retriedBy: child._id } };
    });
    // The same call was answered at this moment.
    return child ?? this.retries.child(caller, String(retriedBy));
  }

  /** What was refused before is refused with its status again, under the same key. */
  private async perform(
    operator: Operator,
    wish: Wish,
    change: (audit: string) => Promise<Deed>,
  ): Promise<Said> {
    try {
      return await this.actions.perform(operator, wish, change);
    } catch (error) {
      throw refusalIn(error);
    }
  }

  private async cancelled({ _id: audit, jobId = '' }: AuditRecord): Promise<Deed | undefined> {
    const job = await this.catalogue.jobs.findOne({ _id: jobId, 'catena.cancelAudit': audit } as object, {
      projection: { 'catena.cancel': 1 },
    });
    return job === null ? undefined : { after: cancelOf(job) };
  }

  private async retried({ _id: audit, jobId = '' }: AuditRecord): Promise<Deed | undefined> {
    const child = await this.catalogue.jobs.findOne(
      { 'catena.retryOf': jobId, 'catena.retryAudit': audit, ...acceptedJobs } as object,
      { projection: { _id: 1 } },
    );
    return child === null ? undefined : { after: { retriedBy: child._id } };
  }
}

function operatorOf({ username, currentGroups }: Caller, { headers, ip }: AskingRequest): Operator {
  const via = ways.find((one) => one === headers[actingViaHeader]) ?? 'token';
  const key = idempotencyKeyFrom([headers[idempotencyHeader]].flat()[0]);
  return { name: username, groups: currentGroups, via, from: ip, ...(key === undefined ? {} : { key }) };
}

function statusOf({ statusCode }: JobRecord): Said {
  return { statusCode };
}

function cancelOf({ catena }: Pick<JobRecord, 'catena'>): Said {
  const { by, at } = catena?.cancel ?? {};
  return {
    cancelRequested: catena?.cancelRequested === true || catena?.cancel !== undefined,
    by,
    at: at?.toISOString(),
  };
}

function tooLate({ _id, statusCode, catena }: JobRecord): string {
  const { by = 'another', at } = catena?.cancel ?? {};
  const found =
    catena?.cancelRequested === true
      ? `that ${by} had asked for its end${at === undefined ? '' : ` at ${at.toISOString()}`}`
      : `that it is over (status ${statusCode})`;
  return `Expected job ${_id} to go on, found ${found}.`;
}

const statuses: Readonly<Record<string, number>> = {
  [changedMeanwhile]: 409,
  [underWay]: 409,
  'operations.key-reused': 422,
};

/** The audit trail's own words, and a refusal that it has kept, as SciCat's clients are answered. */
function refusalIn(error: unknown): unknown {
  if (!(error instanceof CatenaError) || error instanceof Refusal) return error;
  const { code, message } = error;
  const status = statuses[code] ?? Number(/^catalog\.refused-(\d{3})$/.exec(code)?.[1]);
  return Number.isNaN(status) ? error : new JobRefusal(status, message, { code });
}
