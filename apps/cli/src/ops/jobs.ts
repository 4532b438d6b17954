import { endingOf, type CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { cancelJob, retryJob, askAboutCopies } from '../jobs/job-api.js';
import { tableLines } from '../table.js';
import { cellText, query, valueAt, type Row } from './values.js';

export interface RowOptions {
  readonly limit: number;
  readonly status?: string;
  readonly unfinished?: boolean;
  readonly type?: string;
  readonly group?: string;
  readonly user?: string;
  readonly pid?: string;
  readonly text?: string;
  readonly from?: string;
  readonly to?: string;
}

interface Page {
  readonly items: readonly Row[];
  readonly next?: string;
  /** Whether the search for more goes on behind `next`. */
  readonly partial?: boolean;
}

/** As many as a call answers at once. */
const pageSize = 200;

/** Jobs of everybody whom the one who is signed in may see, newest first. */
export async function jobRows(
  context: CommandContext,
  { limit, unfinished, ...filter }: RowOptions,
): Promise<CommandResult> {
  const client = await context.client();
  const rows: Row[] = [];
  let after: string | undefined;
  do {
    const { status, type, group, user, pid, text, from, to } = filter;
    const size = Math.min(pageSize, limit - rows.length);
    const asked = query({
      ...{ status, type, group, user, pid, text, from, to, after, limit: size },
      unfinished: unfinished === true ? 'true' : undefined,
    });
    let page: Page;
    try {
      page = await client.get<Page>(`/api/v4/jobs/rows${asked}`);
    } catch (error) {
      if (rows.length === 0 || client.signal.aborted) throw error;
      const { message } = endingOf(error, false);
      context.output.warn(`only the jobs down to here could be read: ${message}`);
      return { outcome: 'unreachable', lines: linesOf(rows), document: { items: rows, missing: message } };
    }
    rows.push(...page.items);
    after = page.next;
    if (page.partial === true)
      context.output.say(`${rows.length} found so far; the catalogue looks further back …`);
  } while (after !== undefined && rows.length < limit);
  if (after !== undefined) context.output.say('there are more: see them with a larger --limit');
  return { outcome: 'done', lines: linesOf(rows), document: { items: rows } };
}

/** As the one who is signed in: the catalogue decides, and keeps the reason with the job. */
export async function cancel(
  context: CommandContext,
  id: string,
  { reason }: { readonly reason?: string },
): Promise<CommandResult> {
  await cancelJob(await context.client(), id, reason);
  return { outcome: 'done', lines: [`${id} is being cancelled`], document: { id, cancelled: true } };
}

export async function retry(context: CommandContext, id: string): Promise<CommandResult> {
  const child = await retryJob(await context.client(), id);
  return { outcome: 'done', lines: [child], document: { id: child, retryOf: id } };
}

/** New links for what a job has retrieved, which stays for longer. */
export async function renewLinks(context: CommandContext, id: string): Promise<CommandResult> {
  await askAboutCopies(await context.client(), id, 'extend');
  const lines = [`new links will be in the result of ${id} in a moment: catena job ${id} --json shows it`];
  return { outcome: 'done', lines, document: { id, extended: true } };
}

function linesOf(rows: readonly Row[]): string[] {
  if (rows.length === 0) return ['no jobs'];
  return tableLines([
    ['JOB', 'TYPE', 'STATUS', 'OWNER', 'GROUP', 'DATASETS', 'PROGRESS', 'CREATED'],
    ...rows.map((row) => [
      ...['id', 'type', 'statusCode', 'ownerUser', 'ownerGroup'].map((name) => cellText(row[name])),
      cellText(valueAt(row, 'datasets.count')),
      progressOf(row),
      cellText(row['createdAt']),
    ]),
  ]);
}

function progressOf(row: Row): string {
  if (row['cancel'] !== undefined) return `cancelled by ${cellText(valueAt(row, 'cancel.by'))}`;
  const [done, total] = [valueAt(row, 'progress.bytesDone'), valueAt(row, 'progress.bytesTotal')];
  if (typeof done !== 'number' || typeof total !== 'number' || total <= 0) return '-';
  return `${Math.floor((done / total) * 100)} %`;
}
