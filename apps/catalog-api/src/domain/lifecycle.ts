import type { Lifecycle } from '#scicat-words';
import { dateOf } from './iso-date.js';

/** A new dataset's lifecycle. `archive` and `publication` are years from now. */
export function newLifecycle(now: Date, years: { archive: number; publication: number }): Lifecycle {
  return {
    archivable: true,
    retrievable: false,
    publishable: false,
    isOnCentralDisk: true,
    archiveStatusMessage: 'datasetCreated',
    retrieveStatusMessage: '',
    retrieveIntegrityCheck: false,
    dateOfDiskPurging: now,
    archiveRetentionTime: yearsLater(now, years.archive),
    dateOfPublishing: yearsLater(now, years.publication),
    publishedOn: now,
  };
}

function yearsLater(now: Date, years: number): Date {
  const then = new Date(now);
  then.setUTCFullYear(then.getUTCFullYear() + years);
  return then;
}

const dateFields = ['dateOfDiskPurging', 'archiveRetentionTime', 'dateOfPublishing', 'publishedOn'] as const;

/** What each lifecycle says, always: a `null` leaves what it says already. */
const neverNull = [
  ...['archivable', 'retrievable', 'publishable', 'isOnCentralDisk', 'retrieveIntegrityCheck'],
  ...['archiveStatusMessage', 'retrieveStatusMessage'],
];

/** A part of a lifecycle as it is stored. @throws BadRequest naming the field for what is no date */
export function storedLifecycle(lifecycle: Record<string, unknown>): Record<string, unknown> {
  const result = { ...lifecycle };
  for (const field of neverNull) if (result[field] === null) delete result[field];
  for (const field of dateFields) {
    const value = result[field];
    if (value !== undefined && value !== null && !(value instanceof Date))
      result[field] = dateOf(value, `datasetlifecycle.${field}`);
  }
  return result;
}

type Fields = Readonly<Record<string, unknown>>;

/** RFC 7396 on a lifecycle; `null` brings back what a field was in the beginning, and removes one that was not there then. */
export function mergeLifecycle({
  stored,
  patch,
  beginning,
}: {
  readonly stored: object;
  readonly patch: Fields;
  readonly beginning: object;
}): { readonly set: Record<string, unknown>; readonly unset: string[] } {
  const set: Record<string, unknown> = {};
  const unset: string[] = [];
  for (const [name, value] of Object.entries(patch)) {
    const first = (beginning as Fields)[name];
    if (value !== null) set[name] = merged((stored as Fields)[name], value);
    else if (first !== undefined) set[name] = first;
    else unset.push(name);
  }
  return { set, unset };
}

function merged(stored: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(stored) ? { ...stored } : {};
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
