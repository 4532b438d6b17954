import { metrics } from '#observability';

export const noteRefused = metrics.counter({
  name: 'catena_access_refused_total',
  help: 'Requests that were refused for want of rights, by status.',
  labels: ['status'],
});

/** @param strategy `local`, `ldap` or `oidc` */
export const noteSignIn = metrics.counter({
  name: 'catena_sign_ins_total',
  help: 'Attempts to sign in, by way and outcome.',
  labels: ['strategy', 'outcome'],
});

export const noteJobEnd = metrics.histogram({
  name: 'catena_job_duration_seconds',
  help: 'From the request for a job to its end, by type and outcome.',
  labels: ['type', 'outcome'],
  buckets: [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800],
});
