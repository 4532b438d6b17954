import type { CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { followJob } from './follow-job.js';
import {
  askAboutCopies,
  cancelJob,
  getJob,
  isGood,
  isOver,
  listJobs,
  retryJob,
  submitJob,
  waitsFor,
  type Job,
  type JobType,
} from './job-api.js';
import { jobTable, jobLines } from './job-text.js';

export interface SubmitOptions {
  readonly wait?: boolean;
  /** Of a repair: the only target on which copies are mended. */
  readonly target?: string;
  /** Of a migration: the target whose copies move, and where to. */
  readonly from?: string;
  readonly to?: string;
}

export interface JobOptions {
  readonly follow?: boolean;
  readonly cancel?: boolean;
  /** Why it is cancelled; the server asks for it where the job is one of others. */
  readonly reason?: string;
  readonly retry?: boolean;
  readonly extend?: boolean;
  readonly release?: boolean;
}

export interface JobsOptions {
  readonly limit: number;
  readonly mine?: boolean;
}

/** `archive`, `verify`, `repair` and `migrate`: one job for all datasets named. */
export async function submit(
  context: CommandContext,
  type: Exclude<JobType, 'retrieve'>,
  pids: readonly string[],
  { wait, ...jobParams }: SubmitOptions,
): Promise<CommandResult> {
  const client = await context.client();
  const id = await submitJob(client, type, pids, jobParams);
  if (wait !== true) {
    context.output.say(`follow it with: catena job ${id} --follow`);
    return { outcome: 'done', lines: [id], document: { id, type, datasets: pids } };
  }
  context.output.say(`job ${id}`);
  return ending(await followJob(client, id, context.output), [id]);
}

export async function showJob(
  context: CommandContext,
  given: string,
  options: JobOptions,
): Promise<CommandResult> {
  const client = await context.client();
  if (options.cancel === true) await cancelJob(client, given, options.reason);
  if (options.extend === true) {
    await askAboutCopies(client, given, 'extend');
    context.output.say('new links will be in the result of the job in a moment: catena job --json shows it');
  }
  if (options.release === true) await askAboutCopies(client, given, 'release');
  const id = options.retry === true ? await retryJob(client, given) : given;
  if (id !== given) context.output.say(`job ${id} retries what failed in ${given}`);
  const job =
    options.follow === true ? await followJob(client, id, context.output) : await getJob(client, id);
  if (options.follow === true) return ending(job, jobLines(job));
  const reasons = await waitsFor(client, job);
  return {
    outcome: isOver(job) && !isGood(job) && options.cancel !== true ? 'failed' : 'done',
    lines: jobLines(job, reasons),
    document: reasons.length === 0 ? job : { ...job, waitsFor: reasons },
  };
}

export async function showJobs(
  context: CommandContext,
  { limit, mine }: JobsOptions,
): Promise<CommandResult> {
  const client = await context.client();
  const user =
    mine === true ? (await client.get<{ username: string }>('/api/v3/users/my/self')).username : undefined;
  const jobs = await listJobs(client, limit, user);
  return { outcome: 'done', lines: jobTable(jobs), document: jobs };
}

function ending(job: Job, lines: readonly string[]): CommandResult {
  return {
    outcome: isGood(job) ? 'done' : 'failed',
    lines: [...lines, ...(isGood(job) ? [] : faults(job))],
    document: job,
  };
}

function faults({ jobResultObject: { bad = [] } }: Job): string[] {
  return bad.map(({ pid, code, message }) => `${pid}: ${message} (${code})`);
}
