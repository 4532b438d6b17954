import type { CommandResult } from '#command-line';
import { type Answers, type OperatedApp } from '#operations-client';
import type { CommandContext } from '../command.js';
import { tableLines } from '../table.js';
import { OpsCalls, partial, type OpsOptions } from './operator.js';
import { bytesCell, cellText, detailLines, query, valueAt, type Row } from './values.js';

/** Column → where its value is in a row. Sizes are told by the name of the field. */
interface List {
  readonly path: string;
  readonly columns: Readonly<Record<string, string>>;
  /** Whether it is asked for page by page. */
  readonly pages?: true;
  /** The time by which rows of several apps are put in one order, newest first. */
  readonly newest?: string;
}

export type ListName = keyof typeof lists;

/** As many as a call answers at once. */
const pageSize = 200;

const lists = {
  works: {
    path: 'works',
    pages: true,
    columns: {
      ...{ WORK: 'id', KIND: 'kind', STATE: 'state', NOW: 'standing', JOB: 'jobId', ATTEMPT: 'attempts' },
      ...{
        DONE: 'bytesDone',
        OF: 'bytesTotal',
        WORKER: 'worker',
        WAITS: 'waitCode',
        FAULT: 'fault.code',
        NEXT: 'dueAt',
      },
    },
  },
  workers: {
    path: 'workers',
    columns: {
      ...{
        WORKER: 'instance',
        HOST: 'host',
        VERSION: 'version',
        SLOTS: 'slots',
        ALIVE: 'alive',
        SEEN: 'seenAt',
      },
      ...{ MODE: 'mode', WORKS: 'works' },
    },
  },
  shares: {
    path: 'shares',
    columns: {
      ...{ SHARE: 'name', STATE: 'state', FREE: 'freeBytes', MODE: 'mode', BY: 'steered.by' },
      ...{ UNTIL: 'steered.until', REASON: 'steered.reason', FOUND: 'reason' },
    },
  },
  copies: {
    path: 'copies',
    pages: true,
    columns: {
      ...{ DATABLOCK: 'archiveId', PID: 'pid', SHARE: 'share', STATE: 'state', CHECKED: 'checkedAt' },
      ...{ VERIFIED: 'verifiedAt', FOUND: 'finding' },
    },
  },
  retrieved: {
    path: 'retrieved',
    pages: true,
    columns: {
      COPY: 'id',
      DATABLOCK: 'archiveId',
      PID: 'pid',
      BYTES: 'bytes',
      STATE: 'state',
      EXPIRES: 'expiresAt',
      JOBS: 'jobs',
    },
  },
  workOrders: {
    path: 'work-orders',
    pages: true,
    columns: {
      ...{ 'WORK ORDER': 'id', KIND: 'kind', STATE: 'state', JOB: 'jobId', TARGETS: 'targets' },
      ...{ GROUP: 'group', SINCE: 'createdAt', RELEASED: 'releasedAt', WAITS: 'waitCode' },
    },
  },
  queues: {
    path: 'queues',
    columns: { QUEUE: 'name', PURPOSE: 'purpose', MESSAGES: 'messages', CONSUMERS: 'consumers' },
  },
  outbox: {
    path: 'outbox',
    columns: {
      ...{ TYPE: 'type', CONSUMER: 'consumer', STATE: 'state', COUNT: 'count', OLDEST: 'oldest' },
    },
  },
  audit: {
    path: 'audit',
    pages: true,
    newest: 'at',
    columns: {
      ...{ AT: 'at', BY: 'by', VIA: 'via', ACTION: 'action', SUBJECT: 'subject', OUTCOME: 'outcome' },
      ...{ REASON: 'reason', FAULT: 'fault.message' },
    },
  },
  parked: {
    path: 'parking-lot',
    pages: true,
    newest: 'parkedAt',
    columns: {
      ...{ MESSAGE: 'message', TYPE: 'type', CODE: 'code', STATE: 'state', JOB: 'jobId' },
      ...{ PARKED: 'parkedAt', REASON: 'reason' },
    },
  },
  parkedGroups: {
    path: 'parking-lot/groups',
    columns: { COUNT: 'count', OF: 'key', FIRST: 'first', LAST: 'last', SAMPLE: 'sample' },
  },
  runs: {
    path: 'bulk-runs',
    pages: true,
    newest: 'createdAt',
    columns: {
      ...{ RUN: 'message', KIND: 'kind', STATE: 'state', DONE: 'done', SKIPPED: 'skipped', FAILED: 'failed' },
      ...{ LEFT: 'left', BY: 'by', BEGUN: 'createdAt', REASON: 'reason' },
    },
  },
  publications: {
    path: 'publications',
    pages: true,
    columns: {
      ...{ DOI: 'doi', STEP: 'step', BLOCKED: 'blocked.message', FAULT: 'lastFault.message', NEXT: 'dueAt' },
    },
  },
  setAside: {
    path: 'set-aside',
    columns: {
      ...{ FILE: 'id', SHARE: 'share', DATABLOCK: 'archiveId', STATE: 'state', SINCE: 'setAsideAt' },
      ...{ REASON: 'reason' },
    },
  },
  scrubbing: {
    path: 'scrubbing',
    columns: {
      ...{ TARGET: 'target', COVERAGE: 'counted.coverage', 'READ TODAY': 'spent.bytes', WAITS: 'waits.text' },
    },
  },
  retrievals: { path: 'retrievals', columns: {} },
} as const satisfies Record<string, List>;

export interface ListOptions extends OpsOptions {
  readonly limit?: number;
}

/** One list of all apps that have it. */
export async function list(
  context: CommandContext,
  name: ListName,
  options: ListOptions,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const described: List = lists[name];
  const { answers, missing, more } = await everyPage(calls, described, filter, options.limit ?? 100);
  const rows = answers.flatMap(({ app, body }) => body.map((row) => rowOf(app, row)));
  const { newest } = described;
  if (newest !== undefined)
    rows.sort((one, other) => cellText(valueAt(other, newest)).localeCompare(cellText(valueAt(one, newest))));
  const shown = newest === undefined ? rows : rows.slice(0, options.limit ?? 100);
  if (more || shown.length < rows.length)
    context.output.say('there are more: see them with a larger --limit');
  return partial(context, missing, {
    lines:
      Object.keys(described.columns).length === 0
        ? shown.flatMap((row) => detailLines(row))
        : table(described, shown),
    document: { items: shown },
  });
}

/** With what `parked` commands name a message by: ids are known within one app only. */
function rowOf(app: string, row: Row): Row {
  const id = row['id'] ?? row['_id'];
  return { app, ...row, ...(typeof id === 'string' ? { id, message: `${app}/${id}` } : {}) };
}

function table({ columns }: List, rows: readonly Row[]): string[] {
  if (rows.length === 0) return ['none'];
  const filled = Object.entries(columns).filter(([, path]) =>
    rows.some((row) => cellText(valueAt(row, path)) !== '-'),
  );
  return tableLines([
    ['APP', ...filled.map(([title]) => title)],
    ...rows.map((row) => [
      cellText(row['app']),
      ...filled.map(([, path]) => (/bytes/i.test(path) ? bytesCell : cellText)(valueAt(row, path))),
    ]),
  ]);
}

interface Found extends Answers<readonly Row[]> {
  readonly more: boolean;
}

/** Each app's own pages, up to so many rows of each. */
async function everyPage(
  calls: OpsCalls,
  { path, pages }: List,
  filter: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Found> {
  const found = await Promise.all(
    calls.apps.map((app) => pagesOf(calls, app, path, filter, pages === true ? limit : undefined)),
  );
  return {
    answers: found.flatMap(({ answers }) => answers),
    missing: found.flatMap(({ missing }) => missing),
    more: found.some(({ more }) => more),
  };
}

async function pagesOf(
  calls: OpsCalls,
  app: OperatedApp,
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
  limit: number | undefined,
): Promise<Found> {
  const rows: Row[] = [];
  for (let after: string | undefined; ;) {
    const size = limit === undefined ? undefined : Math.min(pageSize, limit - rows.length);
    const call = { path: `${path}${query({ ...filter, limit: size, after })}` };
    const { answers, missing } = await calls.ask<unknown>(call, [app]);
    const [answer] = answers;
    // What was found before is shown, with a word that the rest is missing.
    if (answer === undefined)
      return { answers: rows.length === 0 ? [] : [{ app: app.name, body: rows }], missing, more: false };
    const { items, next } = pageIn(answer.body);
    rows.push(...items);
    if (next === undefined || next === after || limit === undefined || rows.length >= limit)
      return { answers: [{ app: app.name, body: rows }], missing: [], more: next !== undefined };
    after = next;
  }
}

/** Lists of earlier versions come without pages; a report is a list of one. */
function pageIn(body: unknown): { readonly items: readonly Row[]; readonly next?: string } {
  if (Array.isArray(body)) return { items: body as Row[] };
  const { items, next } = (body ?? {}) as { items?: unknown; next?: unknown };
  if (!Array.isArray(items)) return { items: [(body ?? {}) as Row] };
  return { items: items as Row[], ...(typeof next === 'string' ? { next } : {}) };
}
