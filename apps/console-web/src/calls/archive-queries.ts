import { queryOptions } from '@tanstack/react-query';
import { appPagesQuery, type ListFilter } from './app-pages.js';
import { call, callWithTag, CallFault, inPath } from './call.js';
import { callForObjects, callForWholeLists } from './lists.js';
import type {
  AsideRow,
  CopyRow,
  DatasetRecord,
  Limits,
  RetrievalsRow,
  RetrievedRow,
  ScrubRow,
  ShareRow,
} from './archive-shapes.js';

/** Copies of each archiver that one question asks for. */
const copiesPage = 50;
/** Of one dataset: what is said of all its copies needs many of them. */
const copiesOfDataset = 200;

/** Milliseconds after which numbers that change without news are asked for again. */
const pause = 30_000;

export const sharesQuery = queryOptions({
  queryKey: ['operations', 'shares'],
  queryFn: ({ signal }) => callForWholeLists<ShareRow>('operations/all/shares', { signal }),
  refetchInterval: pause,
});

export const scrubbingQuery = queryOptions({
  queryKey: ['operations', 'scrubbing'],
  queryFn: ({ signal }) => callForWholeLists<ScrubRow>('operations/all/scrubbing', { signal }),
  refetchInterval: 2 * pause,
});

export const retrievalsQuery = queryOptions({
  queryKey: ['operations', 'retrievals'],
  queryFn: ({ signal }) => callForObjects<RetrievalsRow>('operations/all/retrievals', { signal }),
  refetchInterval: pause,
});

export const asidesQuery = queryOptions({
  queryKey: ['operations', 'set-aside'],
  queryFn: ({ signal }) => callForWholeLists<AsideRow>('operations/all/set-aside', { signal }),
  refetchInterval: 2 * pause,
});

/** @param filter by share, state and time */
export function copiesQuery(filter: ListFilter) {
  return appPagesQuery<CopyRow>({
    ...{ key: ['operations', 'copies'], path: 'copies', values: filter, limit: copiesPage },
  });
}

export function copiesOfQuery(pid: string) {
  return appPagesQuery<CopyRow>({
    ...{ key: ['operations', 'copies-of'], path: 'copies', values: { pid }, limit: copiesOfDataset },
  });
}

export function retrievedQuery(pid: string) {
  return appPagesQuery<RetrievedRow>({
    ...{ key: ['operations', 'retrieved'], path: 'retrieved', values: { pid }, limit: copiesOfDataset },
  });
}

/** What may be changed only by who has seen it: with the tag of what was shown. */
export function limitsQuery(app: string) {
  return queryOptions({
    queryKey: ['operations', 'limits', app],
    queryFn: async ({ signal }) => {
      const answer = await callWithTag<Limits>(`operations/${inPath(app)}/limits`, { signal });
      if (!areLimits(answer.body))
        throw new CallFault(200, {
          code: 'HTTP 200',
          message: 'Expected limits, found another form of answer.',
        });
      return answer;
    },
    refetchInterval: pause / 3,
  });
}

function areLimits(body: unknown): body is Limits {
  const { configured, override, used, planned, pauses } = (body ?? {}) as Partial<Limits>;
  return (
    [configured, override, used, planned, used?.targets, used?.groups].every(
      (one) => typeof one === 'object' && one !== null,
    ) && Array.isArray(pauses)
  );
}

export function datasetQuery(pid: string) {
  return queryOptions({
    queryKey: ['dataset', pid],
    queryFn: async ({ signal }) => {
      const found = await call<DatasetRecord | null>(`catalogue/datasets/${inPath(pid)}`, { signal });
      if (typeof found?.pid !== 'string')
        throw new CallFault(200, {
          code: 'HTTP 200',
          message: 'Expected a dataset, found another form of answer.',
        });
      return found;
    },
  });
}
