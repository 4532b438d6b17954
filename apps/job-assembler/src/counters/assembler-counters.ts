import { metrics } from '#observability';

export const noteReleased = metrics.counter({
  name: 'catena_work_orders_released_total',
  help: 'Work orders given to archivers and workers, by lane.',
  labels: ['target'],
});

export const notePlanningFailure = metrics.counter({
  name: 'catena_planning_failures_total',
  help: 'Turns of planning that failed, by code.',
  labels: ['code'],
});

export const noteDatasetFailed = metrics.counter({
  name: 'catena_datasets_failed_total',
  help: 'Datasets whose part of a job failed, by kind of work and whose fault it is.',
  labels: ['workflow', 'fault'],
});

/** The archiver observes the third stage, `worker`, under the same name. */
export const noteWait = metrics.histogram({
  name: 'catena_work_order_wait_seconds',
  help: 'How long work waited: plan (from the job to its work order), limit (for its release), worker (for a worker).',
  labels: ['stage'],
  buckets: [1, 10, 60, 600, 3600, 21_600, 86_400],
});
