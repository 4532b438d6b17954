import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { jobSubmittedV1, maxDatasetsOfJob } from '#contracts';
import { Clock, newId } from '#kernel';
import { eventRow, legacyRow } from '#outbox';
import { tapeCopiesOf } from '#scicat-words';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobConfiguration, JobTypeConfiguration } from '../domain/job-configuration.js';
import { endWords } from '../domain/states.js';
import { copyTargetsOf, datasetListOf, type CopyTargets } from '../domain/job-rules.js';
import { beginsAt, notBeforeOf } from './job-time.js';
import type { JobRecord } from '../persistence/records.js';
import { AnonymousJobLimits, type AnonymousCost } from './anonymous-job-limits.js';
import { JobActions } from './job-actions.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobDatasets, type JobDataset } from './job-datasets.js';
import { JobOwners, type OwnerOfJob } from './job-owners.js';
import { JobPostings } from './job-postings.js';
import { legacyBody } from './job-answers.js';

export interface NewJob {
  readonly type: string;
  readonly jobParams: Readonly<Record<string, unknown>>;
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  readonly contactEmail?: string;
  /** The body as it came, for templates and `validate` actions. */
  readonly request: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly retryOf?: string;
  /** The audit entry of a retry. */
  readonly retryAudit?: string;
  /** Where the caller has decided already what it is called. */
  readonly id?: string;
  /** Whether the caller posts it for its owner, whose rights to the datasets count alone. */
  readonly onBehalf?: boolean;
  /** Of a retry: who gets the mails of the earlier job. An ordinary caller gets them instead. */
  readonly initiator?: string;
  /** The datasets of the list, where they were read already: not a second time for one post. */
  readonly datasets?: readonly JobDataset[];
  /** Where the request comes from: callers without an account are limited by it. */
  readonly address?: string;
}

/** What the parameters of a job ask of job-assembler. */
interface Asked {
  readonly datasetCount: number;
  readonly notBefore: Date | undefined;
  readonly copyTargets: CopyTargets;
}

/** From a posted job to one stored document that carries its pending messages inside. */
@Injectable()
export class JobCreation {
  constructor(
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
    private readonly owners: JobOwners,
    private readonly limits: AnonymousJobLimits,
    private readonly datasets: JobDatasets,
    private readonly actions: JobActions,
    private readonly postings: JobPostings,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** For callers whom the gate lets in. @throws Refusal 403 to those who may post other types only, JobRefusal as `create` */
  async post(caller: Caller | undefined, wanted: NewJob): Promise<JobRecord> {
    this.owners.assertMayPost(caller, this.configuration.jobs.get(wanted.type));
    return this.create(caller, wanted);
  }

  /** @throws JobRefusal with SciCat's statuses; then nothing was stored */
  async create(caller: Caller | undefined, wanted: NewJob): Promise<JobRecord> {
    const type = this.configuration.jobs.get(wanted.type);
    if (type === undefined) throw new JobRefusal(400, `Invalid job type: ${wanted.type}`);
    const repeated = await this.repeated(caller, wanted);
    if (repeated !== undefined) return repeated;
    try {
      const create = () => this.createNew(caller, wanted, type);
      if (caller !== undefined || type.workflow === 'none') return await create();
      return await this.limits.guard(costOf(wanted), create);
    } catch (error) {
      // Posted twice at once, the other one may have its datasets by now: a refusal of its own job is none.
      const other = await this.repeated(caller, wanted);
      if (other === undefined) throw error;
      return other;
    }
  }

  private async createNew(
    caller: Caller | undefined,
    wanted: NewJob,
    type: JobTypeConfiguration,
  ): Promise<JobRecord> {
    const list = datasetListOf(wanted.jobParams, maxDatasetsOfJob);
    const now = this.clock.now();
    const { furthestExecution: furthest } = this.config;
    const notBefore = notBeforeOf(wanted.jobParams, { workflow: type.workflow, now, furthest });
    const copyTargets = copyTargetsOf(type.workflow, wanted.jobParams);
    const { onBehalf } = wanted;
    const owner = await this.owners.ownerOf(caller, wanted, type, onBehalf);
    const datasets = await this.datasets.admitted(caller, type, owner, list, {
      read: wanted.datasets,
      onBehalf,
    });
    this.actions.validate(type.create.actions, {
      request: wanted.request,
      ...(datasets === undefined ? {} : { datasets }),
    });
    // Nobody could hear of it.
    if (caller === undefined && type.workflow !== 'none' && owner.contactEmail === '')
      throw new JobRefusal(400, 'Contact email should be specified for an anonymous job.');
    if (type.workflow !== 'none' && datasets === undefined)
      throw new JobRefusal(400, `A job of type ${type.jobType} needs jobParams.datasetList.`);

    const job = this.jobFor(caller, wanted, type, owner, {
      datasetCount: list?.length ?? 0,
      notBefore,
      copyTargets,
    });
    const stored = await this.postings.store(job, type.workflow, datasets ?? []);
    await this.actions.perform(type.create.actions, {
      request: wanted.request,
      job: stored,
      ...(datasets === undefined ? {} : { datasets }),
    });
    return stored;
  }

  private async repeated(caller: Caller | undefined, wanted: NewJob): Promise<JobRecord | undefined> {
    const { idempotencyKey: key } = wanted;
    if (key === undefined) return undefined;
    return this.postings.earlier({ user: caller?.username ?? '', key, digest: digestOf(wanted, caller) });
  }

  private jobFor(
    caller: Caller | undefined,
    wanted: NewJob,
    type: JobTypeConfiguration,
    owner: OwnerOfJob,
    { datasetCount, notBefore, copyTargets }: Asked,
  ): JobRecord {
    const now = this.clock.now();
    const id = wanted.id ?? newId();
    const { jobStatusMessage, ...jobParams } = wanted.jobParams;
    const { statusCode, statusMessage: fresh } = this.config.jobDefaults;
    const statusMessage = notBefore === undefined ? fresh : `${fresh} It waits for ${beginsAt(notBefore)}.`;
    const by = caller?.username ?? 'anonymous';
    const job: JobRecord = {
      _id: id,
      id,
      ...pick('ownerUser', owner.ownerUser),
      ...pick('ownerGroup', owner.ownerGroup),
      accessGroups: [],
      isPublished: false,
      type: type.jobType,
      statusCode: typeof jobStatusMessage === 'string' ? jobStatusMessage : statusCode,
      statusMessage: typeof jobStatusMessage === 'string' ? jobStatusMessage : statusMessage,
      jobParams,
      contactEmail: owner.contactEmail,
      configVersion: this.configuration.configVersion,
      jobResultObject: {},
      createdBy: by,
      updatedBy: by,
      createdAt: now,
      updatedAt: now,
      __v: 0,
    };
    const tapeCopies = tapeCopiesOf(jobParams);
    const submitted = eventRow(
      jobSubmittedV1,
      {
        jobId: id,
        jobType: type.jobType,
        workflow: type.workflow,
        datasetCount,
        ...pick('ownerGroup', owner.ownerGroup),
        ...pick('retryOf', wanted.retryOf),
        ...pick('notBefore', notBefore?.toISOString()),
        ...(tapeCopies === undefined ? {} : { tapeCopies }),
        ...copyTargets,
      },
      now,
    );
    const legacy = this.actions.legacyMessages(
      type.create.actions,
      { request: wanted.request, job },
      legacyBody(job),
    );
    return {
      ...job,
      catena: {
        outbox: { rows: [submitted, ...legacy.map((message) => legacyRow(message, now))] },
        history: [{ at: now, by, statusCode: job.statusCode, statusMessage: job.statusMessage }],
        workflow: type.workflow,
        reported: 0,
        finished: false,
        ...(endWords.test(job.statusCode) && type.workflow === 'none' ? {} : { unfinished: true as const }),
        ...pick('retryOf', wanted.retryOf),
        ...pick('retryAudit', wanted.retryAudit),
        ...pick('initiator', owner.initiator ?? wanted.initiator),
        ...(notBefore === undefined ? {} : { notBefore }),
        ...(wanted.idempotencyKey === undefined
          ? {}
          : {
              idempotency: {
                user: caller?.username ?? '',
                key: wanted.idempotencyKey,
                digest: digestOf(wanted, caller),
              },
            }),
      },
    };
  }
}

/** What a caller without an account asks for. Each dataset may lie on a tape of its own. */
function costOf({ address = '', contactEmail = '', jobParams }: NewJob): AnonymousCost {
  const list = jobParams['datasetList'];
  return { address, mailbox: contactEmail, datasets: Array.isArray(list) ? list.length : 1 };
}

/** Callers without an account share their keys: one reader's job is not another's, even for the same datasets. */
function digestOf(
  { type, jobParams, ownerUser, ownerGroup, contactEmail }: NewJob,
  caller: Caller | undefined,
): string {
  const asked = [type, jobParams, ownerUser, ownerGroup, ...(caller === undefined ? [contactEmail] : [])];
  return createHash('sha256').update(JSON.stringify(asked)).digest('base64');
}

function pick<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}
