import { endWords } from '../domain/states.js';
import { shownProgress } from '../job-rows/job-row.js';
import type { JobRecord } from '../persistence/records.js';

/** What a listener of one job is told of it, as lines of JSON. */
export interface JobState {
  readonly status: string;
  /** Undefined before the first report. */
  readonly progress: string | undefined;
  readonly isOver: boolean;
}

/** Fields of a job that its listeners, and the rules about them, need. */
export const shownOfJobs = {
  type: 1,
  statusCode: 1,
  statusMessage: 1,
  updatedAt: 1,
  ownerUser: 1,
  ownerGroup: 1,
  'catena.progress': 1,
  'catena.finished': 1,
} as const;

/** @param shown what of a text the listener may see */
export function stateOf(job: JobRecord, shown: (value: unknown) => unknown): JobState {
  const { statusCode, statusMessage, updatedAt } = job;
  const progress = job.catena?.finished === true ? shownProgress(job) : job.catena?.progress;
  return {
    status: JSON.stringify(shown({ statusCode, statusMessage, updatedAt })),
    progress: progress === undefined ? undefined : JSON.stringify(shown(progress)),
    isOver: isOver(job),
  };
}

function isOver(job: JobRecord): boolean {
  return job.catena?.finished === true || endWords.test(job.statusCode);
}
