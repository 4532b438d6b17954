import type { JobCancel, JobProgress } from '../persistence/records.js';

/** What the database answers of one job for its row: never its parameters, which may be as large as a document. */
export interface JobFacts {
  readonly _id: string;
  readonly type: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  readonly createdAt?: Date;
  readonly updatedAt?: Date;
  readonly catena?: {
    readonly progress?: JobProgress;
    readonly finished?: boolean;
    readonly cancel?: JobCancel;
    readonly cancelRequested?: boolean;
    readonly retryOf?: string;
  };
  /** Datasets of its list. */
  readonly datasets: number;
  /** The pid of the first of them, in a list of its own. */
  readonly firstPids: readonly unknown[];
}

/** One job in a long list, and in an event. */
export interface JobRow {
  readonly id: string;
  readonly type: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  readonly datasets: {
    readonly count: number;
    readonly first?: { readonly pid: string; readonly name?: string };
  };
  readonly createdAt?: Date;
  readonly updatedAt?: Date;
  readonly progress?: ShownProgress;
  readonly cancel?: JobCancel;
  readonly retryOf?: string;
  /** Jobs that do again what failed in this one: those that the reader may see. */
  readonly retriedBy?: readonly string[];
}

export type ShownProgress = Omit<JobProgress, 'waitsFor' | 'waits' | 'reasons' | 'phase'> &
  Partial<Pick<JobProgress, 'phase'>>;

/** The fields of {@link JobFacts}, as a stage of an aggregation. */
export const factsStage = {
  $project: {
    ...{ type: 1, statusCode: 1, statusMessage: 1, ownerUser: 1, ownerGroup: 1, createdAt: 1, updatedAt: 1 },
    ...{ 'catena.progress': 1, 'catena.finished': 1, 'catena.cancel': 1 },
    ...{ 'catena.cancelRequested': 1, 'catena.retryOf': 1 },
    datasets: { $cond: [{ $isArray: '$jobParams.datasetList' }, { $size: '$jobParams.datasetList' }, 0] },
    firstPids: {
      $cond: [{ $isArray: '$jobParams.datasetList.pid' }, { $slice: ['$jobParams.datasetList.pid', 1] }, []],
    },
  },
} as const;

const longestMessage = 1000;

/** What others may say of a job in its row. */
export interface RowDetails {
  /** Name of the first dataset, if the reader may see it. */
  readonly name?: string | undefined;
  readonly retriedBy: readonly string[];
}

export function rowOf(job: JobFacts, { name, retriedBy }: RowDetails): JobRow {
  const { _id, type, statusCode, ownerUser, ownerGroup, createdAt, updatedAt, catena } = job;
  const [pid] = job.firstPids;
  const first = typeof pid === 'string' ? { first: { pid, ...(name === undefined ? {} : { name }) } } : {};
  const progress = shownProgress(job);
  return {
    ...{ id: String(_id), type, statusCode },
    statusMessage: String(job.statusMessage ?? '').slice(0, longestMessage),
    ...(ownerUser === undefined ? {} : { ownerUser }),
    ...(ownerGroup === undefined ? {} : { ownerGroup }),
    datasets: { count: job.datasets, ...first },
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...(progress === undefined ? {} : { progress }),
    ...(catena?.cancel === undefined ? {} : { cancel: catena.cancel }),
    ...(catena?.retryOf === undefined ? {} : { retryOf: catena.retryOf }),
    ...(retriedBy.length === 0 ? {} : { retriedBy }),
  };
}

/** Progress without what the job waits for. After the end nothing is being done, and every dataset's part is over. */
export function shownProgress({
  statusCode,
  catena,
}: Pick<JobFacts, 'statusCode' | 'catena'>): ShownProgress | undefined {
  if (catena?.progress === undefined) return undefined;
  const { waitsFor: _for, waits: _codes, reasons: _facts, phase, ...progress } = catena.progress;
  if (catena.finished !== true) return { ...progress, phase };
  const { bytesDone, bytesTotal, datasetsTotal } = progress;
  return {
    ...progress,
    bytesDone: statusCode === 'finishedSuccessful' ? bytesTotal : bytesDone,
    datasetsDone: datasetsTotal,
  };
}
