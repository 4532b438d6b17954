import { metrics } from '#observability';

export const noteAttemptFailed = metrics.counter({
  name: 'catena_work_attempts_failed_total',
  help: 'Tries of work that failed and are made again, or were the last, by kind and code; waiting is none.',
  labels: ['kind', 'code'],
});

export const noteLeaseLost = metrics.counter({
  name: 'catena_lease_lost_total',
  help: 'Tries of work whose lease another worker has taken over.',
});

export const notePhase = metrics.histogram({
  name: 'catena_work_phase_duration_seconds',
  help: 'How long a phase of work took, by kind of work.',
  labels: ['kind', 'phase'],
  buckets: [1, 10, 60, 600, 3600, 21_600],
});

/** job-assembler observes the stages before, `plan` and `limit`, under the same name. */
export const noteWait = metrics.histogram({
  name: 'catena_work_order_wait_seconds',
  help: 'How long work waited: plan (from the job to its work order), limit (for its release), worker (for a worker).',
  labels: ['stage'],
  buckets: [1, 10, 60, 600, 3600, 21_600, 86_400],
});
