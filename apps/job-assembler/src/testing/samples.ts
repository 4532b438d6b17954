import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';

const start = new Date('2026-01-01T00:00:00Z');

export function jobOf(_id: string, changes: Partial<AssemblyJob> = {}): AssemblyJob {
  return {
    ...{ _id, jobType: 'archive', workflow: 'archive', group: 'g', state: 'accepted' },
    ...{ cancelRequested: false, planningUntil: start, acceptedAt: start, updatedAt: start },
    ...{ outbox: { rows: [] }, ...changes },
  };
}

/** A dataset of the job that its id begins with. */
export function taskOf(_id: string, changes: Partial<DatasetTask> = {}): DatasetTask {
  return {
    ...{ _id, jobId: _id.split('/')[0]!, pid: `pid-${_id}`, workflow: 'archive', state: 'running' },
    ...{ bytes: 7, updatedAt: start, outbox: { rows: [] }, ...changes },
  };
}

/** A work order of the job and the dataset that its id begins with. */
export function orderOf(_id: string, changes: Partial<WorkOrder> = {}): WorkOrder {
  const taskId = _id.slice(0, _id.lastIndexOf('/'));
  return {
    ...{ _id, jobId: _id.split('/')[0]!, taskId, pid: `pid-${taskId}`, kind: 'archive', state: 'planned' },
    ...{ group: 'g', target: 'lts-write', archiveId: `${_id}.tar`, bytes: 10, share: 0, createdAt: start },
    ...{ outbox: { rows: [] }, ...changes },
  };
}

/** What was archived of a work order. */
export const archived: NonNullable<WorkOrder['result']> = {
  ...{ kind: 'archive', size: 10, packedSize: 12, fileCount: 1, sha256: 'x' },
  manifest: { bucket: 'b', key: 'm', size: 1, sha256: 'y' },
};

/** Types of the messages that a document has to send. */
export function messagesOf(document: Pick<WorkOrder, 'outbox'> | null | undefined): string[] {
  return (document?.outbox.rows ?? []).map(({ envelope }) => envelope?.type ?? '');
}
