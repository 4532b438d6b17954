import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ways, type Said } from '#console-api';
import { actingViaHeader, OperatorActions, type AuditRecord, type Deed, type Operator } from '#operations';
import type { Caller } from '../domain/access.js';
import type { RequestWithCaller } from '../http/caller.decorator.js';
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
  }

  /** Who may not, and who is too late, leaves no entry: nobody fills the trail with wishes. */
  async cancel(caller: Caller, request: AskingRequest, id: string, reason?: string): Promise<JobRecord> {
    const job = await this.updates.refuseCancel(caller, id, reason);
    if (job.catena?.finished === true || job.catena?.cancelRequested === true)
      return this.updates.cancelFor(caller, id, reason);
    let changed = job;
    const wish = { action: 'job.cancel' as const, subject: `job/${id}`, jobId: id };
    const said = reason === undefined ? wish : { ...wish, reason };
    await this.actions.perform(operatorOf(caller, request), said, async () => {
      changed = await this.updates.cancelFor(caller, id, reason);
      return { before: statusOf(job), after: cancelOf(changed) };
    });
    return changed;
  }

  /** @returns the child */
  async retry(caller: Caller, request: AskingRequest, id: string): Promise<JobRecord> {
    const retry = await this.retries.check(caller, id);
    let child: JobRecord | undefined;
    const wish = { action: 'job.retry' as const, subject: `job/${id}`, jobId: id };
    await this.actions.perform(operatorOf(caller, request), wish, async () => {
      child = await retry();
      return { after: { retriedBy: child._id } };
    });
    return child!;
  }

  private async cancelled({ jobId = '', by, at }: AuditRecord): Promise<Deed | undefined> {
    const job = await this.catalogue.jobs.findOne({ _id: jobId }, { projection: { 'catena.cancel': 1 } });
    const cancel = job?.catena?.cancel;
    return job !== null && cancel?.by === by && cancel.at >= at ? { after: cancelOf(job) } : undefined;
  }

  private async retried({ jobId = '', by, at }: AuditRecord): Promise<Deed | undefined> {
    const child = await this.catalogue.jobs.findOne(
      { 'catena.retryOf': jobId, createdBy: by, createdAt: { $gte: at }, ...acceptedJobs } as object,
      { projection: { _id: 1 } },
    );
    return child === null ? undefined : { after: { retriedBy: child._id } };
  }
}

function operatorOf({ username, currentGroups }: Caller, { headers, ip }: AskingRequest): Operator {
  const via = ways.find((one) => one === headers[actingViaHeader]) ?? 'token';
  return { name: username, groups: currentGroups, via, from: ip };
}

function statusOf({ statusCode }: JobRecord): Said {
  return { statusCode };
}

function cancelOf({ catena }: Pick<JobRecord, 'catena'>): Said {
  const { by, at } = catena?.cancel ?? {};
  return { cancelRequested: true, by, at: at?.toISOString() };
}
