import type { AuditEntry } from '#console-api';
import type { HistoryEntry, TrailEntry } from '../calls/shapes.js';

/** One thing that happened to a job: a report of it, or what a person did. */
export interface Moment {
  readonly key: string;
  readonly at: string;
  readonly by: string;
  readonly kind: 'status' | 'event' | 'act';
  /** A status, an event, or an action. */
  readonly what: string;
  readonly message?: string;
  readonly reason?: string;
  readonly outcome?: AuditEntry['outcome'];
  readonly app?: string;
}

/** Milliseconds between a person's act and the report of the same in the history. */
const together = 5000;

/** Which act the history tells of by an event of its own: the audit entry says more, and stands for both. */
const sameAs: Readonly<Record<string, readonly string[]>> = {
  'cancel-requested': ['job.cancel'],
  'cancel-too-late': ['job.cancel'],
  retried: ['job.retry'],
  steered: ['job.priority', 'job.defer', 'pause.set', 'pause.end'],
  'copies-changed': ['retrieved.extend', 'job.link'],
};

/** History and audit trail as one story, newest first; what both tell is told once. */
export function timelineOf(
  history: readonly HistoryEntry[],
  trail: readonly TrailEntry[],
): readonly Moment[] {
  const acts = trail.map(({ id, at, by, action, reason, outcome, app, fault }): Moment => ({
    ...{ key: `${app}/${id}`, at, by, kind: 'act', what: action, outcome, app },
    ...(reason === undefined ? {} : { reason }),
    ...(fault === undefined ? {} : { message: fault.message }),
  }));
  const reports = history
    .filter((entry) => !isTold(entry, trail))
    .map(({ at, by, statusCode, statusMessage, reason, event }, index): Moment => ({
      ...{ key: `history/${index}/${at}`, at, by, message: statusMessage },
      ...(event === undefined
        ? { kind: 'status' as const, what: statusCode }
        : { kind: 'event' as const, what: event }),
      ...(reason === undefined ? {} : { reason }),
    }));
  return [...acts, ...reports].sort((one, other) => timeOf(other.at) - timeOf(one.at));
}

function isTold({ event, at, by }: HistoryEntry, trail: readonly TrailEntry[]): boolean {
  if (event === undefined || !Object.hasOwn(sameAs, event)) return false;
  return trail.some(
    (entry) =>
      sameAs[event]?.includes(entry.action) === true &&
      entry.by === by &&
      Math.abs(timeOf(entry.at) - timeOf(at)) <= together,
  );
}

function timeOf(at: string): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? 0 : time;
}
