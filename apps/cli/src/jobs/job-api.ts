import { randomUUID } from 'node:crypto';
import { Failure } from '#command-line';
import type { HttpClient } from '../server/http-client.js';

interface RetrievedDatablock {
  readonly datasetId: string;
  readonly archiveId: string;
  /** Bytes of the tar. */
  readonly size: number;
  readonly url: string;
  readonly expiresAt: string;
}

export interface Job {
  readonly id: string;
  readonly type: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly ownerUser?: string;
  readonly jobParams: { readonly datasetList?: readonly { readonly pid: string }[] };
  readonly jobResultObject: {
    readonly result?: readonly RetrievedDatablock[];
    readonly bad?: readonly { readonly pid: string; readonly code: string; readonly message: string }[];
  };
}

/** Datasets named in a sentence. */
const namedAgain = 20;

export type JobType = 'archive' | 'retrieve' | 'verify' | 'repair' | 'migrate';

/**
 * Repeated under one key: an answer that got lost makes no second job. v3, because there the server finds the owner group.
 *
 * @param files of each dataset: names of files, and of folders; none: whole datasets
 */
export async function submitJob(
  client: HttpClient,
  type: JobType,
  pids: readonly string[],
  jobParams: Readonly<Record<string, string>> = {},
  files: readonly string[] = [],
): Promise<string> {
  const datasetList = pids.map((pid) => ({ pid, files }));
  const { id } = await client.post<{ id: string }>(
    '/api/v3/jobs',
    { type, jobParams, datasetList },
    { headers: { 'idempotency-key': randomUUID() }, repeatable: true },
  );
  return id;
}

export function getJob(client: HttpClient, id: string): Promise<Job> {
  return client.get<Job>(`/api/v4/jobs/${encodeURIComponent(id)}`);
}

/** What a job waits for; nothing where the server is one that does not know. */
export async function waitsFor(client: HttpClient, job: Job): Promise<readonly string[]> {
  if (isOver(job)) return [];
  try {
    const response = await client.open(`/api/v4/jobs/${encodeURIComponent(job.id)}/progress`, {
      accept: 'application/json',
    });
    const progress = (await response.json()) as { waitsFor?: readonly string[] };
    return response.ok ? (progress.waitsFor ?? []) : [];
  } catch {
    client.signal.throwIfAborted();
    return [];
  }
}

export async function cancelJob(client: HttpClient, id: string, reason?: string): Promise<void> {
  const body = reason === undefined ? undefined : { reason };
  await client.post(`/api/v4/jobs/${encodeURIComponent(id)}/cancel`, body, { repeatable: true });
}

/** What a finished retrieval has brought stays for longer, or makes room for others. The server does it a moment later. */
export async function askAboutCopies(
  client: HttpClient,
  id: string,
  what: 'extend' | 'release',
): Promise<void> {
  await client.post(`/api/v4/jobs/${encodeURIComponent(id)}/retrieval/${what}`);
}

/** The child job for what failed. Where nothing did, the refusal says what leads on from there. */
export async function retryJob(client: HttpClient, id: string): Promise<string> {
  try {
    return (await client.post<{ id: string }>(`/api/v4/jobs/${encodeURIComponent(id)}/retry`)).id;
  } catch (error) {
    if (!(error instanceof Failure) || error.outcome !== 'conflict') throw error;
    const instead = insteadOfRetry(await getJob(client, id));
    throw instead === undefined ? error : new Failure('conflict', instead, error);
  }
}

/** What to do where a retry has nothing to take up; undefined when datasets of the job did fail. */
export function insteadOfRetry(job: Job): string | undefined {
  const { id, type, statusCode } = job;
  if ((job.jobResultObject?.bad ?? []).length > 0) return undefined;
  const found = `Expected a job with datasets that failed, found ${id} ${statusCode}`;
  if (!isOver(job))
    return `${found}: it is under way. Follow it with: catena job ${id} --follow, or end it with --cancel.`;
  if (isGood(job)) return `${found}: all its datasets are done, there is nothing to retry.`;
  return `${found}: nothing of it failed that a retry could take up. Ask for what is still to be done with a new job: ${againText(type, job)}`;
}

function againText(type: string, { jobParams: { datasetList = [] } }: Job): string {
  const names = datasetList.slice(0, namedAgain).map(({ pid }) => pid);
  const list = datasetList.length > namedAgain || names.length === 0 ? 'PID…' : names.join(' ');
  return type === 'retrieve' ? `catena retrieve ${names[0] ?? 'PID'} --to FOLDER` : `catena ${type} ${list}`;
}

export function listJobs(client: HttpClient, limit: number, ownerUser: string | undefined): Promise<Job[]> {
  const filter = {
    ...(ownerUser === undefined ? {} : { where: { ownerUser } }),
    limits: { limit, sort: { createdAt: -1 } },
  };
  return client.get<Job[]>(`/api/v4/jobs?filter=${encodeURIComponent(JSON.stringify(filter))}`);
}

/** Words that end a job, ours and those of today's archive systems. */
export function isOver({ statusCode }: Pick<Job, 'statusCode'>): boolean {
  return /^(finished|completed|jobCancel)/.test(statusCode);
}

export function isGood({ statusCode }: Pick<Job, 'statusCode'>): boolean {
  return statusCode === 'finishedSuccessful';
}
