import type { OutboxRelay } from '#outbox';
import { legacyRow, type OutboxRow } from '#outbox';
import { newLifecycle } from '../domain/lifecycle.js';
import type { JobDatasetLists } from '../jobs/job-dataset-lists.js';
import type { DatasetRecord, JobRecord } from '../persistence/records.js';

export const start = new Date('2026-01-01T00:00:00Z');
export const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
export const message = (time = start): OutboxRow => legacyRow({ exchange: 'x', key: 'k', body: '{}' }, time);

/** A relay that sends nothing. */
export const silentRelay = {
  wake: () => undefined,
  carry: () => undefined,
  carriedUntil: () => at(60_000),
} as unknown as OutboxRelay;

/** Object storage that is away: messages name no list. */
export const untold = {
  toldIn: (rows: readonly OutboxRow[]) => Promise.resolve(rows),
  forget: () => Promise.resolve(),
} as unknown as JobDatasetLists;

const keeping = { createdBy: 'me', updatedBy: 'me', createdAt: start, updatedAt: start, __v: 0 };

/** A job that Catena runs. */
export function jobOf(id: string, catena: Partial<JobRecord['catena']> = {}): JobRecord {
  return {
    ...{
      _id: id,
      id,
      ownerUser: 'me',
      ownerGroup: 'g',
      accessGroups: [],
      isPublished: false,
      type: 'archive',
    },
    ...{ statusCode: 'jobSubmitted', statusMessage: 'Submitted.', jobParams: {}, contactEmail: '' },
    ...{ configVersion: 'v1', jobResultObject: {}, ...keeping },
    catena: {
      ...{ outbox: { rows: [] }, history: [], workflow: 'archive', reported: 0, finished: false },
      ...catena,
    },
  };
}

/** A dataset that nothing has happened to. */
export function datasetOf(
  pid: string,
  lifecycle: Partial<DatasetRecord['datasetlifecycle']> = {},
): DatasetRecord {
  return {
    ...{ _id: pid, pid, type: 'raw', owner: 'me', sourceFolder: '/s', size: 1, packedSize: 0 },
    ...{ numberOfFiles: 1, numberOfFilesArchived: 0, ownerGroup: 'g', accessGroups: [], isPublished: false },
    ...keeping,
    datasetlifecycle: { ...newLifecycle(start, { archive: 10, publication: 3 }), ...lifecycle },
  };
}
