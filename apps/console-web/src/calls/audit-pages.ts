import { infiniteQueryOptions } from '@tanstack/react-query';
import type { AuditEntry, FromAllApps, MissingApp, Page } from '#console-api';
import { CallFault, inPath, queryText } from './call.js';
import { entriesOf, type EntryOfApp } from './from-apps.js';
import { callForLists, callForPage } from './lists.js';

type AuditPage = FromAllApps<Page<AuditEntry>>;
/** Where the next page begins in each app that has one: their trails are apart. */
type Places = readonly (readonly [app: string, after: string])[];
type Filter = Readonly<Record<string, string | undefined>>;

/** Entries of each app that one question asks for. */
const limit = 200;

/** The audit trail, further and further back. */
export function auditPagesQuery(filter: Filter) {
  return infiniteQueryOptions({
    queryKey: ['audit', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      pageParam.length === 0
        ? callForLists<AuditEntry>(`operations/all/audit${queryText({ ...filter, limit })}`, { signal })
        : olderPage(filter, pageParam, signal),
    initialPageParam: [] as Places,
    getNextPageParam: (page, _pages, places) => nextPlaces(page, places),
    // Who reads far back does not have everything asked for again by the clock.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : 30_000),
  });
}

async function olderPage(filter: Filter, places: Places, signal: AbortSignal): Promise<AuditPage> {
  const missing: MissingApp[] = [];
  const answers = await Promise.all(
    places.map(async ([app, after]) => {
      const path = `operations/${inPath(app)}/audit${queryText({ ...filter, limit, after })}`;
      try {
        return { app, body: await callForPage<Page<AuditEntry>>(path, { signal }) };
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
function nextPlaces({ answers, missing }: AuditPage, before: Places): Places | undefined {
  const places = [
    ...answers.flatMap(({ app, body: { next } }): Places => (next === undefined ? [] : [[app, next]])),
    ...before.filter(([app]) => missing.some((one) => one.app === app)),
  ];
  return places.length === 0 ? undefined : places;
}

/**
 * What people did in all apps, newest first, as far back as it is whole: where an app has older entries than were loaded, those of
 * others from before are left for the next page.
 */
export function wholeEntries(pages: readonly AuditPage[]): readonly EntryOfApp[] {
  const open = new Map<string, number>();
  for (const { answers } of pages)
    for (const { app, body } of answers) {
      const oldest = body.items.at(-1)?.at;
      if (body.next === undefined) open.delete(app);
      else if (oldest !== undefined) open.set(app, Date.parse(oldest));
    }
  const horizon = Math.max(...open.values(), Number.NEGATIVE_INFINITY);
  const entries = entriesOf({ answers: pages.flatMap(({ answers }) => answers) });
  return entries.filter(({ at }) => !(Date.parse(at) < horizon));
}

/** Of all pages, each app once. */
export function missingIn(
  pages: readonly { readonly missing?: readonly MissingApp[] | undefined }[],
): readonly MissingApp[] {
  return [...new Map(pages.flatMap(({ missing = [] }) => missing).map((one) => [one.app, one])).values()];
}
