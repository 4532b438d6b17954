import type { AuditEntry, MissingApp } from '#console-api';
import { appPagesQuery, type AppPage, type ListFilter } from './app-pages.js';
import { entriesOf, type EntryOfApp } from './from-apps.js';

/** Entries of each app that one question asks for. */
const limit = 200;

/** The audit trail, further and further back. */
export function auditPagesQuery(filter: ListFilter) {
  return appPagesQuery<AuditEntry>({
    ...{ key: ['audit', 'pages'], path: 'audit', values: filter, limit, every: 30_000 },
  });
}

/**
 * What people did in all apps, newest first, as far back as it is whole: where an app has older entries than were loaded, those of
 * others from before are left for the next page.
 */
export function wholeEntries(pages: readonly AppPage<AuditEntry>[]): readonly EntryOfApp[] {
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
