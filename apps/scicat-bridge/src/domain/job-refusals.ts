import { maxDatasetsOfJob, type Workflow } from '#contracts';
import { PermanentError } from '#kernel';
import type { ScicatDataset, ScicatJob } from '../scicat/scicat.js';
import { mayAsk } from './job-rights.js';

/** Datasets that a refusal names. */
const maxNamed = 5;

/** @throws PermanentError for a list that cannot be worked through */
export function pidsOf({ id, datasetList }: Pick<ScicatJob, 'id' | 'datasetList'>): string[] {
  if (datasetList.length === 0 || datasetList.length > maxDatasetsOfJob)
    throw new PermanentError(
      'bridge.datasets-uncounted',
      `Expected 1 to ${maxDatasetsOfJob} datasets in job ${id}, found ${datasetList.length}: post it again with some.`,
    );
  const pids = new Set<string>();
  for (const { pid } of datasetList) {
    if (pids.has(pid))
      throw new PermanentError(
        'bridge.dataset-repeated',
        `Expected each dataset once in job ${id}, found ${pid} more than once: post it again.`,
      );
    pids.add(pid);
  }
  return [...pids];
}

/** @throws PermanentError `bridge.dataset-missing` */
export function refuseMissing(pids: readonly string[], datasets: ReadonlyMap<string, ScicatDataset>): void {
  const missing = pids.filter((pid) => !datasets.has(pid));
  if (missing.length > 0)
    throw new PermanentError(
      'bridge.dataset-missing',
      `Expected all datasets of the job in SciCat, found none for ${named(missing)}: post the job again without them.`,
    );
}

/** @throws PermanentError `bridge.dataset-forbidden` */
export function refuseForbidden(
  job: ScicatJob,
  workflow: Workflow,
  datasets: ReadonlyMap<string, ScicatDataset>,
  privileged: readonly string[],
): void {
  const forbidden = [...datasets.values()]
    .filter((dataset) => !mayAsk(workflow, job, dataset, privileged))
    .map(({ pid }) => pid);
  if (forbidden.length > 0)
    throw new PermanentError(
      'bridge.dataset-forbidden',
      `Expected the group of the job (${job.ownerGroup ?? 'none'}) to have the right to ${workflow} every dataset, found that it has not for ${named(forbidden)}: have a job posted for the group that owns them.`,
    );
}

/** What is public is not taken off tape: SciCat names its datablocks to its readers. @throws PermanentError `bridge.dataset-published` */
export function refusePublished(datasets: ReadonlyMap<string, ScicatDataset>): void {
  const published = [...datasets.values()].filter(({ isPublished }) => isPublished).map(({ pid }) => pid);
  if (published.length > 0)
    throw new PermanentError(
      'bridge.dataset-published',
      `Expected datasets that are not public, found ${named(published)}: their readers would not get their files any more. Withdraw the publication first.`,
    );
}

/** Another job has the dataset. */
export function busy(pid: string, jobId: string): PermanentError {
  return new PermanentError(
    'bridge.dataset-busy',
    `Dataset ${pid} is being worked on by job ${jobId}: nothing was done for this job. Wait for the end of that one, then post again if need be.`,
  );
}

export function named(pids: readonly string[]): string {
  const more = pids.length > maxNamed ? ` and ${pids.length - maxNamed} more` : '';
  return `${pids.slice(0, maxNamed).join(', ')}${more}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
