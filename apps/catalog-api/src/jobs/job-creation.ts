import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { jobSubmittedV1, type Workflow } from '#contracts';
import { Clock, crashPoint, newId } from '#kernel';
import { eventRow, legacyRow, newOutbox, OutboxRelay } from '#outbox';
import { isDuplicateKey } from '#persistence';
import { wordsFor } from '#scicat-database';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobConfiguration, JobTypeConfiguration } from '../domain/job-configuration.js';
import {
  asksDatasets,
  datasetListOf,
  mayCreateJob,
  notYours,
  type DatasetListEntry,
  type JobOwner,
} from '../domain/job-rules.js';
import { beginsAt, notBeforeOf } from '../domain/job-time.js';
import { Catalogue } from '../persistence/catalogue.js';
import { withoutWords } from '../persistence/own-fields.js';
import type { DatasetRecord, JobRecord } from '../persistence/records.js';
import { AnonymousJobLimits, type AnonymousCost } from './anonymous-job-limits.js';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { givenUp } from '../claims/dataset-schedule.js';
import { JobActions } from './job-actions.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import { JobOwners } from './job-owners.js';
import { legacyBody } from './job-views.js';

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
  /** Where the request comes from: callers without an account are limited by it. */
  readonly address?: string;
}

type JobDatasets = Pick<
  DatasetRecord,
  'pid' | 'ownerGroup' | 'accessGroups' | 'isPublished' | 'sharedWith' | 'datasetlifecycle'
>;

/** Datasets in one job. */
const mostDatasets = 10_000;

/** What job creation needs to know but not to do. */
@Injectable()
export class JobCreationContext {
  constructor(
    @Inject(JobConfigurationToken) readonly jobs: JobConfiguration,
    @Inject(CatalogApiConfigToken) readonly config: CatalogApiConfig,
    readonly owners: JobOwners,
    readonly clock: Clock,
    readonly limits: AnonymousJobLimits,
  ) {}
}

/** From a posted job to one stored document that carries its pending messages inside. */
@Injectable()
export class JobCreation {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly claims: DatasetClaims,
    private readonly actions: JobActions,
    private readonly relay: OutboxRelay,
    private readonly context: JobCreationContext,
  ) {}

  /** @throws JobRefusal with SciCat's statuses; then nothing was stored */
  async create(caller: Caller | undefined, wanted: NewJob): Promise<JobRecord> {
    const type = this.context.jobs.jobs.get(wanted.type);
    if (type === undefined) throw new JobRefusal(400, `Invalid job type: ${wanted.type}`);
    const repeated = await this.repeated(caller, wanted);
    if (repeated !== undefined) return repeated;
    try {
      const create = () => this.createNew(caller, wanted, type);
      if (caller !== undefined || type.workflow === 'none') return await create();
      return await this.context.limits.guard(costOf(wanted), create);
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
    const list = datasetListOf(wanted.jobParams, mostDatasets);
    const now = this.context.clock.now();
    const { furthestExecution: furthest } = this.context.config;
    const notBefore = notBeforeOf(wanted.jobParams, { workflow: type.workflow, now, furthest });
    const owner = await this.context.owners.ownerOf(caller, wanted);
    const datasets = await this.admitted(caller, type, owner, list);
    this.actions.validate(type.create.actions, {
      request: wanted.request,
      ...(datasets === undefined ? {} : { datasets }),
    });
    // Nobody could hear of it.
    if (caller === undefined && type.workflow !== 'none' && owner.contactEmail === '')
      throw new JobRefusal(400, 'Contact email should be specified for an anonymous job.');
    if (type.workflow !== 'none' && datasets === undefined)
      throw new JobRefusal(400, `A job of type ${type.jobType} needs jobParams.datasetList.`);

    const job = this.jobFor(caller, wanted, type, owner, { datasetCount: list?.length ?? 0, notBefore });
    const stored = await this.store(job, type.workflow, datasets ?? []);
    crashPoint('catalog.after-insert');
    this.relay.carry({
      collection: 'Job',
      documentId: stored._id,
      rows: stored.catena!.outbox.rows,
      claim: stored.catena!.outbox.dueAt!,
    });
    await this.actions.perform(type.create.actions, {
      request: wanted.request,
      job: stored,
      ...(datasets === undefined ? {} : { datasets }),
    });
    return stored;
  }

  /** The job that the same caller posted before under the same key. */
  private async repeated(caller: Caller | undefined, wanted: NewJob): Promise<JobRecord | undefined> {
    if (wanted.idempotencyKey === undefined) return undefined;
    const mine = {
      'catena.idempotency.user': caller?.username ?? '',
      'catena.idempotency.key': wanted.idempotencyKey,
    };
    let before = await this.catalogue.jobs.findOne(mine, { projection: withoutWords });
    if (before?.catena?.storing === true) {
      await this.claims.releaseOrphans();
      before = await this.catalogue.jobs.findOne(mine, { projection: withoutWords });
    }
    if (before === null) return undefined;
    if (before.catena?.idempotency?.digest !== digestOf(wanted, caller)) {
      throw new JobRefusal(
        422,
        `Idempotency-Key ${wanted.idempotencyKey} was used for another job (${before.id}). Use a new key for a new job.`,
      );
    }
    if (before.catena.storing === true) throw beingStored();
    return before;
  }

  /**
   * Written first, accepted last, the datasets are claimed in between. To accept is one conditional write of the job's own
   * document, and so is to give it up: see `DatasetClaims.releaseOrphans`.
   */
  private async store(
    job: JobRecord,
    workflow: Workflow,
    datasets: readonly JobDatasets[],
  ): Promise<JobRecord> {
    if (workflow === 'none') return this.insert(job);
    const catena = job.catena!;
    await this.insert({ ...job, catena: { ...catena, outbox: { rows: [] }, storing: true } });
    crashPoint('catalog.after-posted');
    try {
      await this.claims.take(job._id, workflow, datasets);
    } catch (error) {
      // What this leaves behind, the sweep of orphans finds.
      await this.giveUp(job._id).catch(() => undefined);
      throw error;
    }
    crashPoint('catalog.after-claim');
    const outbox = newOutbox(catena.outbox.rows, this.relay.carriedUntil());
    const updatedAt = this.context.clock.now();
    // A lost answer is no refusal: the job may have been accepted. If it was not, the sweep gives it up.
    const { matchedCount } = await this.catalogue.jobs.updateOne(
      { _id: job._id, 'catena.storing': true },
      { $set: { 'catena.outbox': outbox, updatedAt }, $unset: { 'catena.storing': '' } },
    );
    // The driver sends a write again whose answer was lost: then the first one makes the second miss.
    if (matchedCount === 1 || (await this.claims.isStored(job._id)))
      return { ...job, updatedAt, catena: { ...catena, outbox } };
    await this.claims.abandon(job._id);
    throw givenUp();
  }

  private async insert(job: JobRecord): Promise<JobRecord> {
    try {
      await this.catalogue.jobs.insertOne({ ...job, ...wordsFor('Job', job) });
      return job;
    } catch (error) {
      throw isDuplicateKey(error) ? beingStored() : error;
    }
  }

  private async giveUp(jobId: string): Promise<void> {
    await this.catalogue.jobs.deleteOne({ _id: jobId, 'catena.storing': true });
    await this.claims.abandon(jobId);
  }

  /**
   * The datasets of the list, for a caller who may create the job. Rights come before everything that answers
   * from the datasets: whoever has none learns neither which pids there are nor what their files are called.
   */
  private async admitted(
    caller: Caller | undefined,
    type: JobTypeConfiguration,
    owner: JobOwner,
    list: readonly DatasetListEntry[] | undefined,
  ): Promise<JobDatasets[] | undefined> {
    if (list === undefined) {
      if (!mayCreateJob(this.rules, caller, type, owner, undefined)) throw notYours();
      return undefined;
    }
    const seen = new Set<string>();
    const repeated = list.find(({ pid }) => seen.size === seen.add(pid).size)?.pid;
    const found = await this.catalogue.datasetsOf(
      [...seen],
      ['ownerGroup', 'accessGroups', 'isPublished', 'sharedWith', 'datasetlifecycle'],
    );
    const known = new Map(found.map((dataset) => [dataset.pid, dataset]));
    const missing = [...seen].filter((pid) => !known.has(pid));
    if (!mayCreateJob(this.rules, caller, type, owner, found)) throw notYours();
    if (missing.length > 0) {
      if (asksDatasets(type) && !this.rules.isAdmin(caller)) throw notYours();
      throw new JobRefusal(400, `Datasets with pid ${missing.slice(0, 100).join(',')} do not exist.`);
    }
    if (repeated !== undefined)
      throw new JobRefusal(404, `Unable to get a dataset. (${repeated} is listed twice.)`);
    // A job type may be open to everybody; the names of files are not.
    const named = list.filter(({ files }) => files.length > 0);
    if (!named.every(({ pid }) => this.mayReadFiles(caller, type, known.get(pid)!))) throw notYours();
    await this.checkFiles(named);
    return found;
  }

  private mayReadFiles(
    caller: Caller | undefined,
    type: JobTypeConfiguration,
    dataset: JobDatasets,
  ): boolean {
    return (
      asksDatasets(type) ||
      this.rules.isCreateJobPrivileged(caller) ||
      this.rules.mayRead(caller, dataset, { sharedWith: true })
    );
  }

  private async checkFiles(list: readonly DatasetListEntry[]): Promise<void> {
    for (const { pid, files } of list) {
      // Looked for again before it is refused: lists may be written at this moment.
      const missing = await this.unlisted(pid, await this.unlisted(pid, files));
      if (missing.length > 0)
        throw new JobRefusal(400, 'At least one requested file could not be found.', {
          error: JSON.stringify([{ pid, nonExistFiles: missing.slice(0, 100) }]),
        });
    }
  }

  private async unlisted(pid: string, files: readonly string[]): Promise<readonly string[]> {
    if (files.length === 0) return files;
    const found = await this.catalogue.origDatablocks
      .aggregate<{ _id: string }>([
        { $match: { datasetId: pid } },
        { $project: { 'dataFileList.path': 1 } },
        { $unwind: '$dataFileList' },
        { $match: { 'dataFileList.path': { $in: [...files] } } },
        { $group: { _id: '$dataFileList.path' } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    const known = new Set(found.map(({ _id }) => _id));
    return files.filter((file) => !known.has(file));
  }

  private jobFor(
    caller: Caller | undefined,
    wanted: NewJob,
    type: JobTypeConfiguration,
    owner: JobOwner & { contactEmail: string },
    { datasetCount, notBefore }: { datasetCount: number; notBefore: Date | undefined },
  ): JobRecord {
    const now = this.context.clock.now();
    const id = newId();
    const { jobStatusMessage, ...jobParams } = wanted.jobParams;
    const { statusCode, statusMessage: fresh } = this.context.config.jobDefaults;
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
      configVersion: this.context.jobs.configVersion,
      jobResultObject: {},
      createdBy: by,
      updatedBy: by,
      createdAt: now,
      updatedAt: now,
      __v: 0,
    };
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
        outbox: newOutbox(
          [submitted, ...legacy.map((message) => legacyRow(message, now))],
          this.relay.carriedUntil(),
        ),
        history: [{ at: now, by, statusCode: job.statusCode, statusMessage: job.statusMessage }],
        workflow: type.workflow,
        reported: 0,
        finished: false,
        ...pick('retryOf', wanted.retryOf),
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

function beingStored(): JobRefusal {
  return new JobRefusal(
    503,
    'A job with the same Idempotency-Key is being stored at this moment, or its storing was interrupted. Post again to get it.',
    {},
    1,
  );
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
