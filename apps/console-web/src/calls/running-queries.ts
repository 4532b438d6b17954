import { queryOptions } from '@tanstack/react-query';
import { appPagesQuery, pageOfKnown } from './app-pages.js';
import { call, CallFault, inPath } from './call.js';
import { knownFields, type Fields } from './known-fields.js';
import { callForLists, callForObjects } from './lists.js';
import {
  catalogueRecordFields,
  catalogueStatusFields,
  openFields,
  orderFields,
  publicationFields,
  publicSideFields,
  queueFields,
  recallFields,
  workerFields,
  workFields,
} from './running-fields.js';
import type {
  CatalogueRecord,
  CatalogueStatus,
  OpenMessages,
  OwnQueue,
  PublicationRow,
  PublicSide,
  RecallRow,
  WorkerRow,
} from './running-shapes.js';
import type { WorkOrderRow, WorkRow } from './shapes.js';

type Values = Readonly<Record<string, string | undefined>>;

/** Rows of each app that one question asks for: two lists are put together, so that each should reach far. */
const workPage = 100;
const publicationPage = 50;

/** Work orders of all jobs, newest first. */
export function ordersQuery(values: Values) {
  return appPagesQuery<WorkOrderRow>({
    ...{ key: ['operations', 'orders'], path: 'work-orders', values, limit: workPage },
    fields: orderFields,
  });
}

/** What archivers have of it. */
export function worksQuery(values: Values) {
  return appPagesQuery<WorkRow>({
    ...{ key: ['operations', 'works'], path: 'works', values, limit: workPage },
    fields: workFields,
  });
}

/** All of them, silent ones too. */
export const workersQuery = queryOptions({
  queryKey: ['operations', 'workers'],
  queryFn: async ({ signal }) =>
    pageOfKnown(await callForLists<WorkerRow>('operations/all/workers', { signal }), workerFields),
});

export const queuesQuery = queryOptions({
  queryKey: ['operations', 'queues'],
  queryFn: async ({ signal }) =>
    pageOfKnown(await callForLists<OwnQueue>('operations/all/queues', { signal }), queueFields),
});

export const outboxQuery = queryOptions({
  queryKey: ['operations', 'outbox'],
  queryFn: async ({ signal }) =>
    pageOfKnown(await callForLists<OpenMessages>('operations/all/outbox', { signal }), openFields),
});

/** What is not at rest. */
export function publicationsQuery(values: Values) {
  return appPagesQuery<PublicationRow>({
    ...{ key: ['operations', 'publications'], path: 'publications', values, limit: publicationPage },
    fields: publicationFields,
  });
}

export function recallsQuery(values: Values) {
  return appPagesQuery<RecallRow>({
    ...{ key: ['operations', 'recalls'], path: 'recalls', values, limit: publicationPage },
    fields: recallFields,
  });
}

export const publicSideQuery = queryOptions({
  queryKey: ['operations', 'public-side'],
  queryFn: async ({ signal }) => {
    const { answers, missing } = await callForObjects<object>('operations/all/public-side', { signal });
    const known = answers.map(({ app, body }) => ({
      app,
      body: knownFields<PublicSide>(body, publicSideFields) ?? {},
    }));
    return { answers: known, missing };
  },
});

export type PublicationOfApp = PublicationRow & { readonly app: string };

/** Of the publisher that has it; null: none of them. @param apps publishers of this installation */
export function publicationQuery(apps: readonly string[], doi: string) {
  return queryOptions({
    queryKey: ['operations', 'publication', apps, doi],
    queryFn: async ({ signal }): Promise<PublicationOfApp | null> => {
      const looks = await Promise.allSettled(
        apps.map(async (app) => {
          const found = await maybe<PublicationRow>(
            `operations/${inPath(app)}/publications/${inPath(doi)}`,
            publicationFields,
            signal,
          );
          return found === undefined ? undefined : { ...found, app };
        }),
      );
      const found = looks.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []))[0];
      const failed = looks.find((one) => one.status === 'rejected');
      // Who did not answer may have it.
      if (found === undefined && failed !== undefined) throw failed.reason;
      return found ?? null;
    },
  });
}

/** The catalogue's view, for everybody who may see the record there; null: it has none, or does not show it. */
export function catalogueStatusQuery(doi: string) {
  return queryOptions({
    queryKey: ['operations', 'publication', 'catalogue', doi],
    queryFn: async ({ signal }) =>
      (await maybe<CatalogueStatus>(
        `catalogue/publisheddata/${inPath(doi)}/publication`,
        catalogueStatusFields,
        signal,
      )) ?? null,
  });
}

export function catalogueRecordQuery(doi: string) {
  return queryOptions({
    queryKey: ['operations', 'publication', 'record', doi],
    queryFn: async ({ signal }) =>
      (await maybe<CatalogueRecord>(
        `catalogue/publisheddata/${inPath(doi)}`,
        catalogueRecordFields,
        signal,
      )) ?? null,
  });
}

/** Undefined for what is not there, or not to be seen. @throws CallFault for anything else, another form of answer too */
async function maybe<Body extends object>(
  path: string,
  fields: Fields,
  signal: AbortSignal,
): Promise<Body | undefined> {
  let body: unknown;
  try {
    body = await call<unknown>(path, { signal });
  } catch (error) {
    if (error instanceof CallFault && [400, 403, 404].includes(error.status)) return undefined;
    throw error;
  }
  const known = knownFields<Body>(body, fields);
  if (known !== undefined) return known;
  throw new CallFault(200, { code: 'HTTP 200', message: 'Expected a record, found another form of answer.' });
}
