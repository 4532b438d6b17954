import { randomUUID } from 'node:crypto';
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

export type JobType = 'archive' | 'retrieve' | 'verify';

/** Repeated under one key: an answer that got lost makes no second job. v3, because there the server finds the owner group. */
export async function submitJob(client: HttpClient, type: JobType, pids: readonly string[]): Promise<string> {
  const datasetList = pids.map((pid) => ({ pid, files: [] }));
  const { id } = await client.post<{ id: string }>(
    '/api/v3/jobs',
    { type, jobParams: {}, datasetList },
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
  const response = await client.open(`/api/v4/jobs/${encodeURIComponent(job.id)}/progress`, {
    accept: 'application/json',
  });
  if (!response.ok) {
    await response.body?.cancel();
    return [];
  }
  return ((await response.json()) as { waitsFor?: readonly string[] }).waitsFor ?? [];
}

export async function cancelJob(client: HttpClient, id: string): Promise<void> {
  await client.post(`/api/v4/jobs/${encodeURIComponent(id)}/cancel`, undefined, { repeatable: true });
}

/** The child job for what failed. */
export async function retryJob(client: HttpClient, id: string): Promise<string> {
  return (await client.post<{ id: string }>(`/api/v4/jobs/${encodeURIComponent(id)}/retry`)).id;
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
