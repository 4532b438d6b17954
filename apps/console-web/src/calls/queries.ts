import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { AuditEntry, ConsoleJobs, ConsoleSession, ConsoleSettings, Page, Why } from '#console-api';
import { call, callWithTag, inPath, queryText } from './call.js';
import {
  callForJob,
  callForLists,
  callForObjects,
  callForPage,
  callForRows,
  callWithLists,
} from './lists.js';
import type {
  AppInfo,
  BulkRun,
  Codes,
  Download,
  HistoryEntry,
  JobParts,
  JobSteering,
  ParkedGroup,
  ParkedMessage,
  ParkedRow,
  Trail,
} from './shapes.js';

type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** How many rows a page of a list has. */
export const pageSize = 50;
const datasetsPage = 200;

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => call<ConsoleSettings>('settings', { signal }),
  staleTime: 300_000,
});

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call<ConsoleSession>('session', { signal }),
  staleTime: 30_000,
  // Signed out elsewhere ends this page within a minute.
  refetchInterval: 45_000,
  refetchIntervalInBackground: true,
});

export const codesQuery = queryOptions({
  queryKey: ['codes'],
  queryFn: ({ signal }) => call<Codes>('codes', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export function jobsQuery(values: Values) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'rows', values],
    queryFn: ({ pageParam, signal }) =>
      callForPage<ConsoleJobs>(`jobs${queryText({ ...values, limit: pageSize, after: pageParam })}`, {
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });
}

/** Of the overview: rows without paging. */
export function newestJobsQuery(values: Values, limit: number) {
  return queryOptions({
    queryKey: ['jobs', 'newest', values, limit],
    queryFn: ({ signal }) => callForPage<ConsoleJobs>(`jobs${queryText({ ...values, limit })}`, { signal }),
  });
}

export interface JobCounts {
  readonly unfinished: readonly {
    readonly type: string;
    readonly statusCode: string;
    readonly count: number;
  }[];
  readonly ended: readonly { readonly type: string; readonly statusCode: string; readonly count: number }[];
}

export const countsQuery = queryOptions({
  queryKey: ['jobs', 'counts'],
  queryFn: ({ signal }) =>
    callWithLists<JobCounts>('catalogue/jobs/counts', { signal }, 'unfinished', 'ended'),
});

export function overviewQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'overview'],
    queryFn: ({ signal }) =>
      callForJob(`catalogue/jobs/${inPath(id)}/overview${queryText({ limit: datasetsPage })}`, {
        signal,
      }),
  });
}

/** The datasets behind the first page of the overview. */
export function datasetsQuery(id: string, first: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['job', id, 'datasets'],
    queryFn: async ({ pageParam, signal }) => {
      const query = queryText({ limit: datasetsPage, after: pageParam });
      return (await callForJob(`catalogue/jobs/${inPath(id)}/overview${query}`, { signal })).datasets;
    },
    initialPageParam: first,
    getNextPageParam: ({ next }) => next,
    // Who wants them asks for the first ones; then they follow the news as the rest of the page does.
    enabled: ({ state }) => state.data !== undefined,
  });
}

export function whyQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'why'],
    queryFn: ({ signal }) => callWithLists<Why>(`jobs/${inPath(id)}/why`, { signal }, 'all', 'missing'),
    // Places in line, rates and times change without an event.
    refetchInterval: 15_000,
  });
}

/** Where a page of parts begins: in the list of work orders, and in that of works. */
interface PartsPlace {
  readonly after?: string;
  readonly worksAfter?: string;
  /** The list that is not at its end, where the other one is. */
  readonly only?: 'orders' | 'works';
}

const firstParts: PartsPlace = {};

export function partsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ['job', id, 'parts'],
    queryFn: ({ pageParam, signal }) =>
      call<JobParts>(`jobs/${inPath(id)}/parts${queryText({ limit: pageSize, ...pageParam })}`, { signal }),
    initialPageParam: firstParts,
    getNextPageParam: (page, _pages, place) => nextParts(page, place),
  });
}

/** Two lists in one: the one that is at its end stays there, whatever a console says that answers it from its beginning again. */
function nextParts({ orders, works }: JobParts, { only }: PartsPlace): PartsPlace | undefined {
  const after = only === 'works' ? undefined : orders?.next;
  const worksAfter = only === 'orders' ? undefined : works?.next;
  if (after !== undefined && worksAfter !== undefined) return { after, worksAfter };
  if (after !== undefined) return { after, only: 'orders' };
  if (worksAfter !== undefined) return { worksAfter, only: 'works' };
  return undefined;
}

export function historyQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'history'],
    queryFn: ({ signal }) => callForRows<HistoryEntry>(`catalogue/jobs/${inPath(id)}/history`, { signal }),
  });
}

export function trailQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'trail'],
    queryFn: ({ signal }) => callForPage<Trail>(`jobs/${inPath(id)}/trail`, { signal }),
  });
}

/** The whole job, which may be large: asked for only where its result has links. */
export function downloadsQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'downloads'],
    queryFn: async ({ signal }) => {
      const { jobResultObject } = await call<{
        readonly jobResultObject?: { readonly result?: readonly Partial<Download>[] };
      }>(`catalogue/jobs/${inPath(id)}`, { signal });
      return (jobResultObject?.result ?? []).filter(
        (one): one is Download => typeof one?.url === 'string' && typeof one.expiresAt === 'string',
      );
    },
  });
}

/** @param app plans the work of jobs here; without one nothing is asked */
export function steeringQuery(app: string | undefined, id: string) {
  return queryOptions({
    queryKey: ['job', id, 'steering'],
    queryFn: ({ signal }) =>
      callWithTag<JobSteering>(`operations/${inPath(app ?? '')}/jobs/${inPath(id)}`, { signal }),
    enabled: app !== undefined,
  });
}

export const appsQuery = queryOptions({
  queryKey: ['apps'],
  queryFn: ({ signal }) => callForObjects<AppInfo>('operations/all/app', { signal }),
  refetchInterval: 30_000,
});

export function groupsQuery(values: Values) {
  return queryOptions({
    queryKey: ['operations', 'groups', values],
    queryFn: ({ signal }) =>
      callForLists<ParkedGroup>(`operations/all/parking-lot/groups${queryText(values)}`, { signal }),
  });
}

export function parkedQuery(app: string, values: Values) {
  return infiniteQueryOptions({
    queryKey: ['operations', 'parked', app, values],
    queryFn: ({ pageParam, signal }) =>
      callForPage<Page<ParkedRow>>(
        `operations/${inPath(app)}/parking-lot${queryText({ ...values, limit: pageSize, after: pageParam })}`,
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });
}

export function messageQuery(app: string, id: string) {
  return queryOptions({
    queryKey: ['operations', 'message', app, id],
    queryFn: ({ signal }) =>
      call<ParkedMessage>(`operations/${inPath(app)}/parking-lot/${inPath(id)}`, { signal }),
  });
}

export const runsQuery = queryOptions({
  queryKey: ['operations', 'runs'],
  queryFn: ({ signal }) => callForLists<BulkRun>('operations/all/bulk-runs?limit=10', { signal }),
  refetchInterval: ({ state }) =>
    state.data?.answers.some(({ body }) => body.items.some((run) => run.state === 'running')) === true
      ? 2000
      : 30_000,
});

export function auditQuery(values: Values, limit: number) {
  return queryOptions({
    queryKey: ['audit', values, limit],
    refetchInterval: 30_000,
    queryFn: ({ signal }) =>
      callForLists<AuditEntry>(`operations/all/audit${queryText({ ...values, limit })}`, { signal }),
  });
}
