import type { Answered } from '../calls/call.js';
import type { JobSteering } from '../calls/shapes.js';
import type { Steered } from '../jobs/job-deeds.js';
import type { ShownJob } from '#console-api';
import type { Texts } from '../texts/texts-en.js';

/** What operators have said of a job, as far as its app has answered. */
interface SteeringAnswer {
  readonly app: string | undefined;
  readonly data: Answered<JobSteering> | undefined;
  readonly error: unknown;
}

/**
 * Only on what is known now: whoever would overwrite what another operator has said meanwhile is told so, which needs the version of
 * what was read.
 */
export function steeredOf(
  job: ShownJob,
  { app, data, error }: SteeringAnswer,
  t: Texts,
): { readonly steered: Steered; readonly priority: number } | { readonly refusal: string } {
  if (app === undefined) return { refusal: t.act.noSteeringApp };
  if (data?.etag !== undefined && typeof data.body === 'object' && data.body !== null)
    return { steered: { job, app, etag: data.etag }, priority: data.body.priority ?? 1 };
  const isUnknown = data !== undefined || (error !== null && error !== undefined);
  return { refusal: isUnknown ? t.act.steeringUnknown(app) : t.act.steeringLoading };
}
