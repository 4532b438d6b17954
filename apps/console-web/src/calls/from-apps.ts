import type { AuditEntry, FromAllApps, Page } from '#console-api';
import type { BulkRun, ParkedGroup } from './shapes.js';

export interface GroupOfApp extends ParkedGroup {
  readonly app: string;
}

/** The groups of all apps, the largest first. */
export function groupsOf(
  from: FromAllApps<{ readonly items: readonly ParkedGroup[] }> | undefined,
): readonly GroupOfApp[] {
  return (from?.answers ?? [])
    .flatMap(({ app, body }) => body.items.map((group) => ({ ...group, app })))
    .sort((one, other) => other.count - one.count || other.last.localeCompare(one.last));
}

export type EntryOfApp = AuditEntry & { readonly app: string };

/** What people did in all apps, newest first. */
export function entriesOf(from: FromAllApps<Page<AuditEntry>> | undefined): readonly EntryOfApp[] {
  return (from?.answers ?? [])
    .flatMap(({ app, body }) => body.items.map((entry) => ({ ...entry, app })))
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

export type RunOfApp = BulkRun & { readonly app: string };

/** Bulk runs of all apps, newest first. */
export function runsOf(from: FromAllApps<Page<BulkRun>> | undefined): readonly RunOfApp[] {
  return (from?.answers ?? [])
    .flatMap(({ app, body }) => body.items.map((run) => ({ ...run, app })))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt));
}
