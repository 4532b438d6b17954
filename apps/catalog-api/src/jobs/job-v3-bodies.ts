import { Inject, Injectable } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { notYours } from '../domain/job-rules.js';
import { Catalogue } from '../persistence/catalogue.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import type { NewJob } from './job-creation.js';

type Fields = Record<string, unknown>;
type DatasetGroups = { ownerGroup: string; accessGroups?: string[]; isPublished?: boolean };

/** v3 job bodies in v4's terms, before anything is validated: as SciCat does it. */
@Injectable()
export class JobV3Bodies {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  async toNewJob(caller: Caller | undefined, body: Fields): Promise<NewJob> {
    const params = objectOr(body['jobParams']);
    const { username, ownerGroup: groupInParams, datasetList: _, ...others } = params;
    const datasetList = body['datasetList'] ?? [];
    const jobParams: Fields = { ...others, datasetList };
    for (const name of ['executionTime', 'jobStatusMessage'])
      if (body[name] !== undefined && body[name] !== null) jobParams[name] = body[name];
    const type = text(body['type']) ?? '';
    const ownerGroup =
      text(groupInParams) ??
      (caller === undefined ? undefined : await this.groupFor(caller, type, datasetList));
    const ownerUser = text(username) ?? caller?.username;
    const contactEmail = text(body['emailJobInitiator']) ?? caller?.email;
    return {
      type,
      jobParams,
      request: body,
      ...(ownerUser === undefined || caller === undefined ? {} : { ownerUser }),
      ...(ownerGroup === undefined ? {} : { ownerGroup }),
      ...(contactEmail === undefined || contactEmail === '' ? {} : { contactEmail }),
    };
  }

  /** A v3 change without a status keeps the job's own. */
  async statusOf(id: string): Promise<{ statusCode: string; statusMessage: string }> {
    const job = await this.catalogue.jobs.findOne(
      { _id: id },
      { projection: { statusCode: 1, statusMessage: 1 } },
    );
    if (job === null) throw new JobRefusal(400, 'Invalid job id.');
    return { statusCode: job.statusCode, statusMessage: job.statusMessage };
  }

  private async groupFor(caller: Caller, type: string, datasetList: unknown): Promise<string | undefined> {
    const known = this.configuration.jobs.get(type);
    if (known === undefined) return undefined;
    const { auth } = known.create;
    const pids = (Array.isArray(datasetList) ? datasetList : [])
      .map((entry) => (entry as { pid?: unknown } | null)?.pid)
      .filter((pid) => typeof pid === 'string');
    if (auth === '#datasetPublic' || pids.length === 0) return undefined;
    const datasets = await this.catalogue.datasetsOf(pids, ['ownerGroup', 'accessGroups', 'isPublished']);
    const group = auth === '#datasetAccess' ? commonGroup(caller, datasets) : datasets[0]?.ownerGroup;
    if (this.rules.isAdmin(caller) || this.rules.isCreateJobPrivileged(caller)) return group;
    const areKnown = datasets.length === new Set(pids).size;
    if (!areKnown || group === undefined || !caller.currentGroups.includes(group)) throw notYours();
    return group;
  }
}

function commonGroup(caller: Caller, datasets: readonly DatasetGroups[]): string | undefined {
  const restricted = datasets.filter(({ isPublished }) => isPublished !== true);
  if (restricted.length === 0) return caller.currentGroups[0];
  return caller.currentGroups.find((group) =>
    restricted.every(
      (dataset) => dataset.ownerGroup === group || (dataset.accessGroups ?? []).includes(group),
    ),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function objectOr(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
