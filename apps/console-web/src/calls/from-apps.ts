import type { AuditEntry, FromAllApps, Page } from '#console-api';
import type { BulkRun, ParkedGroup } from './shapes.js';

/** The answers of calls of lists.ts, which have their lists. */
type Answers<Body> = Pick<FromAllApps<Body>, 'answers'>;

export interface GroupOfApp extends ParkedGroup {
  readonly app: string;
}

/** The groups of all apps, the largest first. */
export function groupsOf(
  from: Answers<{ readonly items: readonly ParkedGroup[] }> | undefined,
): readonly GroupOfApp[] {
  return (from?.answers ?? [])
    .flatMap(({ app, body }) => body.items.map((group) => ({ ...group, app })))
    .sort((one, other) => other.count - one.count || String(other.last).localeCompare(String(one.last)));
}

export type EntryOfApp = AuditEntry & { readonly app: string };

/** What people did in all apps, newest first. */
export function entriesOf(from: Answers<Page<AuditEntry>> | undefined): readonly EntryOfApp[] {
  return (from?.answers ?? [])
    .flatMap(({ app, body }) => body.items.map((entry) => ({ ...entry, app })))
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

export type RunOfApp = BulkRun & { readonly app: string };

/** Bulk runs of all apps, newest first. */
export function runsOf(from: Answers<Page<BulkRun>> | undefined): readonly RunOfApp[] {
  return (from?.answers ?? [])
    .flatMap(({ app, body }) => body.items.map((run) => ({ ...run, app })))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt));
}
