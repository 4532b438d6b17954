import { tableLines } from '../table.js';
import type { Job } from './job-api.js';

/** One line for each job, in columns. */
export function jobTable(jobs: readonly Job[]): string[] {
  if (jobs.length === 0) return ['no jobs'];
  return tableLines([
    ['JOB', 'TYPE', 'STATUS', 'DATASETS', 'CREATED'],
    ...jobs.map((job) => [job.id, job.type, job.statusCode, datasetsOf(job), job.createdAt]),
  ]);
}

/** Everything about one job that a person asks for. */
export function jobLines(job: Job, waitsFor: readonly string[] = []): string[] {
  const { bad = [], result = [] } = job.jobResultObject;
  return [
    `job       ${job.id}`,
    `type      ${job.type}`,
    `datasets  ${datasetsOf(job)}`,
    `status    ${job.statusCode}: ${job.statusMessage}`,
    ...waitsFor.map((reason) => `waits for ${reason}`),
    `created   ${job.createdAt}${job.ownerUser === undefined ? '' : ` by ${job.ownerUser}`}`,
    `changed   ${job.updatedAt}`,
    ...bad.map(({ pid, code, message }) => `failed    ${pid}: ${message} (${code})`),
    ...result.map(({ archiveId, expiresAt }) => `ready     ${archiveId} until ${expiresAt}`),
  ];
}

function datasetsOf({ jobParams: { datasetList = [] } }: Job): string {
  const [first] = datasetList;
  if (first === undefined) return '-';
  return datasetList.length === 1 ? first.pid : `${first.pid} and ${datasetList.length - 1} more`;
}
