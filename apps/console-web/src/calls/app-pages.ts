import { infiniteQueryOptions } from '@tanstack/react-query';
import type { FromAllApps, MissingApp, Page } from '#console-api';
import { CallFault, inPath, queryText } from './call.js';
import { knownRows, type Fields } from './known-fields.js';
import { callForLists, callForPage } from './lists.js';

export type AppPage<Item> = FromAllApps<Page<Item>>;
/** Where the next page begins in each app that has one: their lists are apart. */
type Places = readonly (readonly [app: string, after: string])[];
/** What a list is asked for by. */
export type ListFilter = Readonly<Record<string, string | undefined>>;
/** A row with the app that told of it. */
export type OfApp<Item> = Item & { readonly app: string };

interface AppPages {
  readonly key: readonly unknown[];
  /** Below `operations/APP/`. */
  readonly path: string;
  readonly values: ListFilter;
  /** Rows of each app that one question asks for, at most 200. */
  readonly limit: number;
  /** What a row has: rows of another form are left out, and so are their fields. Absent: rows are taken as they come. */
  readonly fields?: Fields;
  /** Milliseconds between two questions while one page is shown: of lists that no hint is told of. */
  readonly every?: number;
}

/** A list that several apps have a part of: all are asked at first, then each goes on from its own place. */
export function appPagesQuery<Item extends object>({ key, path, values, limit, fields, every }: AppPages) {
  return infiniteQueryOptions({
    queryKey: [...key, values],
    queryFn: async ({ pageParam, signal }): Promise<AppPage<Item>> => {
      const page =
        pageParam.length === 0
          ? await callForLists<Item>(`operations/all/${path}${queryText({ ...values, limit })}`, { signal })
          : await nextPage<Item>(
              (after) => `${path}${queryText({ ...values, limit, after })}`,
              pageParam,
              signal,
            );
      return fields === undefined ? page : pageOfKnown(page, fields);
    },
    initialPageParam: [] as Places,
    getNextPageParam: (page, _pages, places) => nextPlaces(page, places),
    // Who reads far back does not have everything asked for again by the clock.
    refetchInterval: ({ state }) =>
      every === undefined || (state.data?.pages.length ?? 0) > 1 ? false : every,
  });
}

async function nextPage<Item>(
  pathOf: (after: string) => string,
  places: Places,
  signal: AbortSignal,
): Promise<AppPage<Item>> {
  const missing: MissingApp[] = [];
  const answers = await Promise.all(
    places.map(async ([app, after]) => {
      try {
        const body = await callForPage<Page<Item>>(`operations/${inPath(app)}/${pathOf(after)}`, { signal });
        return { app, body };
      } catch (error) {
        if (!(error instanceof CallFault) || error.status === 401) throw error;
        const { message } = error;
        missing.push({ app, code: error.isPassing ? 'app.silent' : 'app.refused', message, since: '' });
        return undefined;
      }
    }),
  );
  return { answers: answers.filter((one) => one !== undefined), missing, without: [] };
}

/** Who did not answer is asked from the same place again. */
function nextPlaces({ answers, missing }: AppPage<unknown>, before: Places): Places | undefined {
  const places = [
    ...answers.flatMap(({ app, body: { next } }): Places => (next === undefined ? [] : [[app, next]])),
    ...before.filter(([app]) => missing.some((one) => one.app === app)),
  ];
  return places.length === 0 ? undefined : places;
}

/** With rows of the known form only. */
export function pageOfKnown<Item extends object>(page: AppPage<Item>, fields: Fields): AppPage<Item> {
  return {
    ...page,
    answers: page.answers.map(({ app, body }) => ({
      app,
      body: { ...body, items: knownRows<Item>(body.items, fields) },
    })),
  };
}

/** The rows of all pages, each with the app that told it. */
export function rowsOf<Item extends object>(
  pages: readonly Pick<AppPage<Item>, 'answers'>[],
): readonly OfApp<Item>[] {
  return pages.flatMap(({ answers }) =>
    answers.flatMap(({ app, body }) => body.items.map((item) => ({ ...item, app }))),
  );
}
