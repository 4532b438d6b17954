import type { Workflow } from '#contracts';
import { JobRefusal } from '../domain/errors.js';
import { dateOf } from '../domain/iso-date.js';

interface Timing {
  readonly workflow: Workflow;
  readonly now: Date;
  /** Milliseconds. */
  readonly furthest: number;
}

/**
 * When a job that Catena runs may begin, where its parameters ask for a time that is still to come. Jobs of other archive
 * systems keep their `executionTime` for those to read, as in SciCat.
 *
 * @throws BadRequest for a time that cannot be read, JobRefusal 400 for one too far ahead: a slip of the keyboard would hold
 * the datasets for years
 */
export function notBeforeOf(
  { executionTime }: Readonly<Record<string, unknown>>,
  { workflow, now, furthest }: Timing,
): Date | undefined {
  if (!Boolean(executionTime)) return undefined;
  const time = dateOf(executionTime, 'jobParams.executionTime');
  if (workflow === 'none' || time <= now) return undefined;
  const latest = new Date(now.getTime() + furthest);
  if (time > latest)
    throw new JobRefusal(
      400,
      `Expected an executionTime until ${latest.toISOString()}, found ${time.toISOString()}: post the job nearer to its time.`,
    );
  return time;
}

/** What a job says that waits for its time. */
export function beginsAt(time: Date): string {
  return `its time: it begins at ${time.toISOString()}, as its executionTime asks`;
}
