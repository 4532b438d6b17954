import type { Workflow } from '#contracts';

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
