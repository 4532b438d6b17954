import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { dateOf } from '../domain/iso-date.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { noGroupFor } from '../domain/job-rules.js';
import { objectOr } from '../domain/loopback-filter.js';
import { validateBody } from '../http/validate-body.js';
import { JobConfigurationToken } from './job-configuration.provider.js';
import type { NewJob } from './job-creation.js';
import { JobDatasets, type JobDataset } from './job-datasets.js';
import { JobOwners } from './job-owners.js';
import type { JobChange } from './job-updates.js';
import { CreateJobDto, UpdateJobDto, UpdateJobDtoV3 } from './job.dto.js';

type Fields = Record<string, unknown>;
type DatasetGroups = { ownerGroup: string; accessGroups?: string[]; isPublished?: boolean };
/** Datasets that a body names, and those of them that there are. */
type Asked = { readonly pids: readonly string[]; readonly found: readonly JobDataset[] };

/** v3 job bodies in v4's terms, before anything is validated: as SciCat does it. */
@Injectable()
export class JobV3Bodies {
  constructor(
    private readonly datasets: JobDatasets,
    private readonly owners: JobOwners,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  async toNewJob(caller: Caller | undefined, body: Fields): Promise<NewJob> {
    // The list comes from the body itself, whatever the parameters say; all else in them is stored as it came.
    const { datasetList: _, ...others } = objectOr(body['jobParams']);
    const datasetList = body['datasetList'] ?? [];
    const jobParams: Fields = { datasetList, ...others };
    for (const name of ['executionTime', 'jobStatusMessage'])
      if (body[name] !== undefined && body[name] !== null) jobParams[name] = body[name];
    checkTime(jobParams['executionTime']);
    const type = String(body['type']);
    this.owners.assertMayPost(caller, this.configuration.jobs.get(type));
    const user = await this.userOf(caller, type, others['username']);
    const named = text(others['ownerGroup']);
    const datasets =
      named === undefined && caller !== undefined ? await this.datasetsFor(type, datasetList) : undefined;
    const ownerGroup =
      datasets === undefined || caller === undefined ? named : this.groupFor(caller, user, type, datasets);
    const contactEmail = text(body['emailJobInitiator']);
    const email = contactEmail ?? caller?.email;
    // Checked as the body of v4 that it becomes, and an address only if the client gave it.
    const dto = { type, jobParams, ...(contactEmail === undefined ? {} : { contactEmail }) };
    const job = {
      ...validateBody(CreateJobDto, dto),
      ...(user === undefined || caller === undefined ? {} : { ownerUser: user.username }),
      ...(ownerGroup === undefined ? {} : { ownerGroup }),
      ...(email === undefined || email === '' ? {} : { contactEmail: email }),
    };
    // Actions and templates see the body of v4, whichever version it came by.
    return { ...job, request: job, ...(datasets === undefined ? {} : { datasets: datasets.found }) };
  }

  /** A privileged caller may name another user; an ordinary caller who names another is refused later. */
  private async userOf(
    caller: Caller | undefined,
    type: string,
    username: unknown,
  ): Promise<{ readonly username: string; readonly groups: readonly string[] } | undefined> {
    const named = text(username);
    if (named === undefined) return caller && { username: caller.username, groups: caller.currentGroups };
    if (this.owners.isPrivileged(caller, this.configuration.jobs.get(type)))
      return this.owners.userNamed(caller, named);
    return { username: named, groups: caller?.currentGroups ?? [] };
  }

  /** SciCat reads three fields of a v3 change and nothing else; without a status the job keeps the one it has then. */
  toChange(body: unknown): JobChange {
    const { jobStatusMessage, jobResultObject, executionTime } = objectOr(body);
    checkTime(executionTime);
    const result = jobResultObject === undefined ? {} : { jobResultObject };
    const change = Boolean(jobStatusMessage)
      ? validateBody(UpdateJobDto, {
          ...{ statusCode: jobStatusMessage, statusMessage: jobStatusMessage },
          ...result,
        })
      : (validateBody(UpdateJobDtoV3, result) as JobChange);
    return { ...change, ...(Boolean(executionTime) ? { executionTime } : {}) };
  }

  /** The datasets that give the job its group; undefined where they do not. */
  private async datasetsFor(type: string, datasetList: unknown): Promise<Asked | undefined> {
    const pids = (Array.isArray(datasetList) ? datasetList : [])
      .map((entry) => (entry as { pid?: unknown } | null)?.pid)
      .filter((pid) => typeof pid === 'string');
    const known = this.configuration.jobs.get(type);
    if (known === undefined || known.create.auth === '#datasetPublic' || pids.length === 0) return undefined;
    return { pids, found: await this.datasets.read(pids) };
  }

  private groupFor(
    caller: Caller,
    user: { readonly groups: readonly string[] } | undefined,
    type: string,
    { pids, found }: Asked,
  ): string | undefined {
    const auth = this.configuration.jobs.get(type)?.create.auth;
    const isAccess = auth === '#datasetAccess';
    // One that does not exist is answered like one of others in its place: it has no group that anybody is in.
    const areKnown = found.length === new Set(pids).size;
    const group = isAccess
      ? areKnown
        ? commonGroup(user?.groups ?? [], found)
        : undefined
      : found.find(({ pid }) => pid === pids[0])?.ownerGroup;
    if (this.owners.isPrivileged(caller, this.configuration.jobs.get(type))) return group;
    if (group === undefined || !caller.currentGroups.includes(group)) throw noGroupFor(auth);
    return group;
  }
}

function commonGroup(groups: readonly string[], datasets: readonly DatasetGroups[]): string | undefined {
  const restricted = datasets.filter(({ isPublished }) => isPublished !== true);
  if (restricted.length === 0) return groups[0];
  return groups.find((group) =>
    restricted.every(
      (dataset) => dataset.ownerGroup === group || (dataset.accessGroups ?? []).includes(group),
    ),
  );
}

/** Kept as it came, as all parameters of a job, once it can be read. @throws BadRequest */
function checkTime(executionTime: unknown): void {
  if (Boolean(executionTime)) dateOf(executionTime, 'executionTime');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
