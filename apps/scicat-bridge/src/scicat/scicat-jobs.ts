import type { JobWords, NewScicatJob, ScicatJob } from './scicat.js';
import {
  fieldsOf,
  idOf,
  isFields,
  listOf,
  optionalTextOf,
  optionalTextsOf,
  textOf,
  type Fields,
} from './answers.js';
import { isJobMissing, partOf, succeeded, withQuery } from './calls.js';
import type { ListAbove } from './list-above.js';
import { inOrder } from './pages.js';
import { oddAnswer } from './scicat-errors.js';
import type { ScicatAnswer, ScicatSession } from './scicat-session.js';

export interface JobEntry {
  readonly id: string;
  readonly type: string;
}

/** The parameter of a job by which it is found again. */
export const markParameter = 'catenaUpload';

/** Jobs of a SciCat, by the interface of v4, or of v3, which has other names for the same. */
export class ScicatJobs {
  constructor(
    private readonly session: ScicatSession,
    private readonly version: 'v4' | 'v3',
    private readonly above: ListAbove,
  ) {}

  async job(id: string): Promise<ScicatJob | undefined> {
    const path = `/api/${this.version}/jobs/${partOf(id)}`;
    const answer = await this.session.call({ method: 'GET', path });
    if (isJobMissing(answer)) return undefined;
    const fields = fieldsOf(succeeded(answer, `show job ${id}`).body, `job ${id}`);
    const job =
      this.version === 'v4'
        ? jobOfV4(fields, `job ${id}`)
        : { ...jobOfV3(fields, `job ${id}`), ...(await this.ownersInV3(id)) };
    if (job.id !== id) throw oddAnswer(`job ${id}`, 'the job that was asked for', job.id);
    return job;
  }

  async writeJob(id: string, words: JobWords): Promise<boolean> {
    const { statusCode, statusMessage, jobResultObject } = words;
    const status = this.version === 'v4' ? { statusCode, statusMessage } : { jobStatusMessage: statusCode };
    const answer = await this.session.call({
      method: 'PATCH',
      path: `/api/${this.version}/jobs/${partOf(id)}`,
      body: JSON.stringify({ ...status, jobResultObject }),
    });
    if (isJobMissing(answer)) return false;
    succeeded(answer, `take the status ${statusCode} of job ${id}`);
    return true;
  }

  async postJob(job: NewScicatJob): Promise<string> {
    const body = this.version === 'v4' ? newJobOfV4(job) : newJobOfV3(job);
    const path = `/api/${this.version}/jobs`;
    const answer = await this.session.call({ method: 'POST', path, body: JSON.stringify(body) });
    const what = `take a job of the type ${job.type} for ${job.pids.join(', ').slice(0, 200)}`;
    return idOf(fieldsOf(succeeded(answer, what).body, 'a new job'), 'a new job');
  }

  async jobMarked(mark: string): Promise<string | undefined> {
    const where = 'the list of jobs with a mark';
    // A text inside a list stays a text.
    const condition = { [`jobParams.${markParameter}`]: { $in: [mark] } };
    const path =
      this.version === 'v4'
        ? withQuery('/api/v4/jobs', { filter: { where: condition, limits: { limit: 2 } } })
        : withQuery('/api/v3/jobs/fullquery', { fields: { mode: condition }, limits: { limit: 2 } });
    const answer = succeeded(await this.session.call({ method: 'GET', path }), 'list jobs with a mark');
    const ids = listOf(answer.body, where).map((entry) => {
      const fields = fieldsOf(entry, where);
      const found = paramsOf(fields, where)[markParameter];
      // One that does not look at this condition would show any jobs.
      if (found !== mark) throw oddAnswer(where, `only jobs with the mark ${mark}`, found);
      return idOf(fields, where);
    });
    return ids.sort()[0];
  }

  async *jobsWith(
    statusCodes: readonly string[],
    types: readonly string[],
  ): AsyncGenerator<readonly JobEntry[]> {
    if (statusCodes.length === 0 || types.length === 0) return;
    const page =
      this.version === 'v4' ? this.pageOfV4(statusCodes, types) : this.pageOfV3(statusCodes, types);
    yield* inOrder(page, 'the list of jobs', 100);
  }

  /** A job of v3 does not say whose it is, but what jobs are counted by does: by whom this one is. */
  private async ownersInV3(id: string): Promise<Pick<ScicatJob, 'ownerGroup' | 'createdBy'>> {
    const path = withQuery('/api/v3/jobs/fullfacet', {
      fields: { _id: [id] },
      facets: ['ownerGroup', 'createdBy'],
    });
    const where = `the owners of job ${id}`;
    const answer = await this.session.call({ method: 'GET', path });
    // Older versions count no jobs: then nobody knows, and whoever looks at rights finds none.
    if (answer.status >= 400) return {};
    const [facets] = listOf(answer.body, where);
    return {
      ownerGroup: onlyOf(facets, 'ownerGroup', where),
      createdBy: onlyOf(facets, 'createdBy', where),
    };
  }

  private pageOfV4(statusCodes: readonly string[], types: readonly string[]) {
    // Some versions take the order from here, some from there, and refuse the other.
    let plain = false;
    const ask = (after: string | undefined, limit: number): Promise<ScicatAnswer> => {
      const where = { statusCode: { $in: statusCodes }, type: { $in: types } };
      const filter = {
        where: after === undefined ? where : { ...where, id: { $gt: after } },
        ...(plain
          ? { limits: { limit, order: 'id:asc' } }
          : { fields: ['id', 'type'], limits: { limit, sort: { id: 'asc' } }, sort: { id: 1 } }),
      };
      return this.session.call({ method: 'GET', path: withQuery('/api/v4/jobs', { filter }) });
    };
    return async (after: string | undefined, limit: number): Promise<readonly JobEntry[]> => {
      let answer = await ask(after, limit);
      if (answer.status === 400 && !plain) {
        plain = true;
        answer = await ask(after, limit);
      }
      return entriesOf(answer);
    };
  }

  private pageOfV3(statusCodes: readonly string[], types: readonly string[]) {
    return (after: string | undefined, limit: number): Promise<readonly JobEntry[]> =>
      this.above.ask(after, async (mode) => {
        const fields = {
          ...{ jobStatusMessage: statusCodes, type: types },
          ...(after === undefined ? {} : { mode }),
        };
        const path = withQuery('/api/v3/jobs/fullquery', { fields, limits: { limit, order: '_id:asc' } });
        return entriesOf(await this.session.call({ method: 'GET', path }));
      });
  }
}

function entriesOf(answer: ScicatAnswer): readonly JobEntry[] {
  const where = 'the list of jobs';
  return listOf(succeeded(answer, 'list jobs').body, where).map((value) => {
    const fields = fieldsOf(value, where);
    return { id: idOf(fields, where), type: textOf(fields, 'type', where) };
  });
}

function newJobOfV4({ type, pids, mark, contactEmail, ...owner }: NewScicatJob): object {
  return {
    ...{ type, ...owner, ...(contactEmail === '' ? {} : { contactEmail }) },
    jobParams: { datasetList: listedFor(pids), [markParameter]: mark },
  };
}

/** v3 has the owner among the parameters. */
function newJobOfV3({ type, pids, mark, contactEmail, ownerUser, ownerGroup }: NewScicatJob): object {
  return {
    ...{ type, datasetList: listedFor(pids) },
    ...(contactEmail === '' ? {} : { emailJobInitiator: contactEmail }),
    jobParams: { username: ownerUser, ownerGroup, [markParameter]: mark },
  };
}

function listedFor(pids: readonly string[]): object[] {
  return pids.map((pid) => ({ pid, files: [] }));
}

/** What all that was counted says; undefined where it says nothing, or not the same. */
function onlyOf(facets: unknown, name: string, where: string): string | undefined {
  const counts = isFields(facets) ? facets[name] : undefined;
  if (!Array.isArray(counts) || counts.length !== 1) return undefined;
  const [count] = counts as unknown[];
  return isFields(count) ? optionalTextOf(count, '_id', where) : undefined;
}

function jobOfV4(fields: Fields, where: string): ScicatJob {
  const params = paramsOf(fields, where);
  const { datasetList, ...jobParams } = params;
  return {
    ...commonOf(fields, where),
    statusCode: textOf(fields, 'statusCode', where),
    ownerUser: optionalTextOf(fields, 'ownerUser', where),
    createdAt: timeOf(fields, 'createdAt', where),
    datasetList: datasetsOf(datasetList, where),
    jobParams,
  };
}

function jobOfV3(fields: Fields, where: string): ScicatJob {
  const { datasetList: _, ...jobParams } = paramsOf(fields, where);
  return {
    ...commonOf(fields, where),
    statusCode: textOf(fields, 'jobStatusMessage', where),
    ownerUser: optionalTextOf(jobParams, 'username', where),
    createdAt: timeOf(fields, 'creationTime', where),
    datasetList: datasetsOf(fields['datasetList'], where),
    jobParams,
  };
}

function commonOf(fields: Fields, where: string) {
  return {
    id: idOf(fields, where),
    type: textOf(fields, 'type', where),
    ownerGroup: optionalTextOf(fields, 'ownerGroup', where),
    createdBy: optionalTextOf(fields, 'createdBy', where),
  };
}

function paramsOf(fields: Fields, where: string): Fields {
  const value = fields['jobParams'];
  return value === undefined || value === null ? {} : fieldsOf(value, `${where} as jobParams`);
}

function datasetsOf(value: unknown, where: string): ScicatJob['datasetList'] {
  if (value === undefined || value === null) return [];
  return listOf(value, `${where} as datasetList`).map((entry, index) => {
    const place = `entry ${index} of datasetList of ${where}`;
    if (!isFields(entry)) throw oddAnswer(place, 'a pid with files', entry);
    return { pid: textOf(entry, 'pid', place), files: optionalTextsOf(entry, 'files', place) };
  });
}

function timeOf(fields: Fields, name: string, where: string): Date | undefined {
  const text = optionalTextOf(fields, name, where);
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw oddAnswer(where, `a time as "${name}"`, text);
  return time;
}
