import type { Workflow } from '#contracts';
import { dateOf } from './iso-date.js';

/** SciCat's `datasetlifecycle`. */
export interface Lifecycle {
  _id?: unknown;
  archivable: boolean;
  retrievable: boolean;
  publishable: boolean;
  isOnCentralDisk: boolean;
  archiveStatusMessage: string;
  retrieveStatusMessage: string;
  archiveReturnMessage?: unknown;
  retrieveReturnMessage?: unknown;
  retrieveIntegrityCheck: boolean;
  dateOfDiskPurging: Date;
  archiveRetentionTime: Date;
  dateOfPublishing: Date;
  publishedOn?: Date;
  exportedTo?: string;
  storageLocation?: string;
}

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

type Change = Readonly<Record<string, unknown>>;

/** Lifecycle words of each step, as today's clients know them. `expected` guards against reports that come late. */
export interface LifecycleStep {
  readonly change: Change;
  /** Fields that the lifecycle has no more. */
  readonly without?: readonly (keyof Lifecycle)[];
  readonly expected?: {
    readonly field: 'archiveStatusMessage' | 'retrieveStatusMessage';
    readonly words: readonly string[];
  };
}

export const lifecycleSteps = {
  archiveScheduled: {
    change: { archivable: false, retrievable: false, archiveStatusMessage: 'scheduledForArchiving' },
  },
  archiveStarted: {
    change: { archivable: false, archiveStatusMessage: 'started' },
    expected: { field: 'archiveStatusMessage', words: ['scheduledForArchiving', 'started'] },
  },
  archived: {
    change: {
      archivable: false,
      retrievable: true,
      archiveStatusMessage: 'datasetOnArchiveDisk',
      archiveReturnMessage: {},
    },
  },
  resetScheduled: {
    change: { archivable: false, retrievable: false, archiveStatusMessage: 'scheduledForReset' },
  },
  /** As of a dataset that was never archived. */
  reset: {
    change: {
      archivable: true,
      retrievable: false,
      isOnCentralDisk: true,
      archiveStatusMessage: 'datasetCreated',
      retrieveStatusMessage: '',
      retrieveIntegrityCheck: false,
    },
    without: ['archiveReturnMessage', 'retrieveReturnMessage'],
  },
  retrieveScheduled: { change: { retrieveStatusMessage: 'scheduledForRetrieval' } },
  retrieveStarted: {
    change: { retrieveStatusMessage: 'started' },
    expected: { field: 'retrieveStatusMessage', words: ['scheduledForRetrieval', 'started'] },
  },
  retrieved: {
    change: {
      retrieveStatusMessage: 'datasetRetrieved',
      retrieveReturnMessage: {},
      retrieveIntegrityCheck: true,
    },
  },
} as const satisfies Record<string, LifecycleStep>;

/** Workflows that a dataset's lifecycle tells of. */
export type MarkingWorkflow = 'archive' | 'retrieve' | 'reset';

export function marks(workflow: Workflow): workflow is MarkingWorkflow {
  return workflow === 'archive' || workflow === 'retrieve' || workflow === 'reset';
}

/** The end of a part that failed: the data is where it was, so what was possible before is possible again. */
export function failureStep(
  workflow: MarkingWorkflow,
  fault: { code: string; message: string },
  before: Partial<Lifecycle>,
): LifecycleStep {
  const details = { code: fault.code, explanation: fault.message };
  if (workflow === 'retrieve')
    return { change: { retrieveStatusMessage: 'datasetRetrievalFailed', retrieveReturnMessage: details } };
  // A reset that failed has taken nothing away: the dataset is as archived as it was.
  if (workflow === 'reset') {
    const { change } = cancelStep(workflow, before);
    return { change: { ...change, archiveReturnMessage: details } };
  }
  const word =
    fault.code === 'archiver.originals-incomplete' ? 'missingFilesError' : 'scheduleArchiveJobFailed';
  return {
    change: {
      archivable: before.archivable ?? true,
      retrievable: before.retrievable ?? false,
      archiveStatusMessage: word,
      archiveReturnMessage: details,
    },
  };
}

/** A cancelled part leaves no trace but the restored flags. */
export function cancelStep(workflow: MarkingWorkflow, before: Partial<Lifecycle>): LifecycleStep {
  return workflow === 'retrieve'
    ? { change: { retrieveStatusMessage: before.retrieveStatusMessage ?? '' } }
    : {
        change: {
          archivable: before.archivable ?? true,
          retrievable: before.retrievable ?? false,
          archiveStatusMessage: before.archiveStatusMessage ?? 'datasetCreated',
        },
      };
}
