import type { ConsoleSession, ShownJob } from '#console-api';
import { refusal } from '../parts/rights.js';
import { isOver } from '../parts/status.js';
import type { Texts } from '../texts/texts-en.js';

export interface JobRefusals {
  readonly cancel: string | undefined;
  readonly retry: string | undefined;
  readonly priority: string | undefined;
  readonly defer: string | undefined;
}

/** Why each thing cannot be done with a job by a person; undefined where it can. */
export function jobRefusals(session: ConsoleSession, t: Texts, job: ShownJob): JobRefusals {
  const over = isOver(job.statusCode) ? t.act.isOver : undefined;
  const hasFailed = /^finished(Unsuccessful|WithDatasetErrors)$/.test(job.statusCode);
  return {
    cancel:
      refusal(session, 'job.cancel', t, job) ?? over ?? (job.cancel === undefined ? undefined : t.act.asked),
    retry: refusal(session, 'job.retry', t, job) ?? (hasFailed ? undefined : t.act.notFailed),
    priority: refusal(session, 'job.priority', t, job) ?? over,
    defer: refusal(session, 'job.defer', t, job) ?? over,
  };
}

/** Those whom it concerns read why: a job of others is not cancelled without a reason. */
export function isOwn({ username }: Pick<ConsoleSession, 'username'>, { ownerUser }: ShownJob): boolean {
  return ownerUser === username;
}
