import type { ScicatDataset, ScicatLifecycle } from './scicat.js';
import {
  fieldsOf,
  listOf,
  optionalFlagOf,
  optionalTextOf,
  optionalTextsOf,
  textOf,
  type Fields,
} from './answers.js';
import { isRecordMissing, isRouteMissing, partOf, succeeded, withQuery } from './calls.js';
import { oddAnswer } from './scicat-errors.js';
import type { ScicatSession } from './scicat-session.js';

/** Characters of an address that proxies take as well. */
const longestAddress = 6000;
/** Datasets that SciCat lists when it is not told how many. */
const largestPortion = 100;
const wanted = ['pid', 'ownerGroup', 'accessGroups', 'isPublished', 'sourceFolder', 'datasetlifecycle'];

/** Datasets of a SciCat, by the interface of v3. */
export class ScicatDatasets {
  constructor(private readonly session: ScicatSession) {}

  async dataset(pid: string): Promise<ScicatDataset | undefined> {
    const body = await this.stored(pid);
    if (body === undefined) return undefined;
    const dataset = datasetOf(body, `dataset ${pid}`);
    if (dataset.pid !== pid) throw oddAnswer(`dataset ${pid}`, 'the dataset that was asked for', dataset.pid);
    return dataset;
  }

  async datasets(pids: readonly string[]): Promise<Map<string, ScicatDataset>> {
    const found = new Map<string, ScicatDataset>();
    for (const portion of portionsOf([...new Set(pids)])) {
      const path = listPath(portion);
      const answer = succeeded(await this.session.call({ method: 'GET', path }), 'list datasets');
      for (const entry of listOf(answer.body, 'the list of datasets')) {
        const dataset = datasetOf(fieldsOf(entry, 'the list of datasets'), 'a dataset in a list');
        if (!portion.includes(dataset.pid))
          throw oddAnswer('the list of datasets', 'only datasets that were asked for', dataset.pid);
        found.set(dataset.pid, dataset);
      }
      // A list leaves out what the asker may not see, and says nothing of it: a token that is no longer good sees what all may see.
      for (const pid of portion) {
        const missing = found.has(pid) ? undefined : await this.dataset(pid);
        if (missing !== undefined) found.set(pid, missing);
      }
    }
    return found;
  }

  async writeLifecycle(pid: string, change: ScicatLifecycle): Promise<boolean> {
    const path = `/api/v3/datasets/${partOf(pid)}`;
    const body = JSON.stringify(change);
    // SciCat refuses a change of nothing.
    if (body === '{}') return (await this.stored(pid)) !== undefined;
    const answer = await this.session.call({ method: 'PATCH', path: `${path}/datasetlifecycle`, body });
    if (isRouteMissing(answer)) return this.writeWhole(pid, change);
    if (isRecordMissing(answer)) return false;
    succeeded(answer, `change the life cycle of dataset ${pid}`);
    return true;
  }

  /** Where a change of the dataset sets what it does not name to what new datasets have, everything has to be named. */
  private async writeWhole(pid: string, change: ScicatLifecycle): Promise<boolean> {
    const body = await this.stored(pid);
    if (body === undefined) return false;
    const { _id, ...before } = lifecycleFieldsOf(body, `dataset ${pid}`);
    const answer = await this.session.call({
      method: 'PATCH',
      path: `/api/v3/datasets/${partOf(pid)}`,
      body: JSON.stringify({ datasetlifecycle: { ...before, ...change } }),
    });
    if (isRecordMissing(answer)) return false;
    succeeded(answer, `change the life cycle of dataset ${pid}`);
    return true;
  }

  private async stored(pid: string): Promise<Fields | undefined> {
    const path = `/api/v3/datasets/${partOf(pid)}`;
    const answer = await this.session.call({ method: 'GET', path });
    if (isRecordMissing(answer)) return undefined;
    return fieldsOf(succeeded(answer, `show dataset ${pid}`).body, `dataset ${pid}`);
  }
}

function listPath(pids: readonly string[]): string {
  const filter = {
    // A text inside a list stays a text: elsewhere SciCat reads numbers and times into it.
    where: { pid: { $in: pids } },
    fields: Object.fromEntries(wanted.map((name) => [name, 1])),
    limits: { limit: pids.length },
  };
  return withQuery('/api/v3/datasets', { filter });
}

function* portionsOf(pids: readonly string[]): Generator<readonly string[]> {
  const around = listPath([]).length;
  let portion: string[] = [];
  let length = around;
  for (const pid of pids) {
    const more = encodeURIComponent(`${JSON.stringify(pid)},`).length;
    if (portion.length === largestPortion || (portion.length > 0 && length + more > longestAddress)) {
      yield portion;
      [portion, length] = [[], around];
    }
    portion.push(pid);
    length += more;
  }
  if (portion.length > 0) yield portion;
}

function datasetOf(fields: Fields, where: string): ScicatDataset {
  return {
    pid: textOf(fields, 'pid', where),
    ownerGroup: textOf(fields, 'ownerGroup', where),
    accessGroups: optionalTextsOf(fields, 'accessGroups', where),
    isPublished: optionalFlagOf(fields, 'isPublished', where) ?? false,
    sourceFolder: optionalTextOf(fields, 'sourceFolder', where) ?? '',
    datasetlifecycle: lifecycleOf(lifecycleFieldsOf(fields, where), where),
  };
}

function lifecycleFieldsOf(fields: Fields, where: string): Fields {
  const value = fields['datasetlifecycle'];
  return value === undefined || value === null ? {} : fieldsOf(value, `${where} as datasetlifecycle`);
}

function lifecycleOf(fields: Fields, where: string): ScicatLifecycle {
  return {
    archivable: optionalFlagOf(fields, 'archivable', where),
    retrievable: optionalFlagOf(fields, 'retrievable', where),
    isOnCentralDisk: optionalFlagOf(fields, 'isOnCentralDisk', where),
    archiveStatusMessage: optionalTextOf(fields, 'archiveStatusMessage', where),
    retrieveStatusMessage: optionalTextOf(fields, 'retrieveStatusMessage', where),
    retrieveIntegrityCheck: optionalFlagOf(fields, 'retrieveIntegrityCheck', where),
    archiveReturnMessage: fields['archiveReturnMessage'],
    retrieveReturnMessage: fields['retrieveReturnMessage'],
  };
}
