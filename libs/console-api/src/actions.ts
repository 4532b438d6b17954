/** What people do to the installation: a closed list. Each leaves one entry in the audit trail of the app that owns it. */
export const actions = [
  ...(['job.cancel', 'job.retry', 'job.priority', 'job.defer', 'job.link'] as const),
  ...(['part.try-now', 'part.cancel'] as const),
  ...(['pause.set', 'pause.end', 'limits.set'] as const),
  ...(['share.adopt', 'copy.verify', 'copy.repair', 'retrieved.extend'] as const),
  ...(['parking-lot.replay', 'parking-lot.discard', 'parking-lot.restore'] as const),
  ...(['parking-lot.edit', 'parking-lot.note', 'bulk.start', 'bulk.stop'] as const),
  ...(['publication.retry', 'publication.compare'] as const),
  ...(['reconciliation.start', 'adoption.start', 'adoption.stop'] as const),
  ...(['set-aside.remove', 'set-aside.bring-back', 'certificate-key.revoke'] as const),
  'session.emergency',
] as const;
export type Action = (typeof actions)[number];

/** Through what a person acted: the console, `catena ops`, or a program that has the app's token. */
export const ways = ['console', 'cli', 'token'] as const;
export type Way = (typeof ways)[number];

/** Letters of the longest name under which an app keeps what a person did. */
export const longestActingName = 100;
/** Letters of any language, without what moves the text around it or breaks a line. */
const wrongLetters = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/u;

/** Whether apps take this as the name of who acts. */
export function isActingName(text: string): boolean {
  const name = text.trim();
  return name !== '' && name.length <= longestActingName && !wrongLetters.test(name);
}

/**
 * What became of an action. `begun`: it is being done, or its app died. `refused`: nothing was changed, and the entry says why.
 * `failed`: a service was away; it may be tried again. `not-done`: its app died before it did it. `unknown`: its app died, and
 * nothing tells whether it was done.
 */
export const actionOutcomes = ['begun', 'done', 'refused', 'failed', 'not-done', 'unknown'] as const;
export type ActionOutcome = (typeof actionOutcomes)[number];

/** Values of JSON, small. */
export type Said = Readonly<Record<string, unknown>>;

/** One entry of `GET operations/audit`. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  /** Who did it: a user name, or `operations` where nobody was named. */
  readonly by: string;
  readonly via: Way;
  /** The network address of the caller. */
  readonly from?: string;
  readonly action: Action;
  /** What it was done to, such as `archiver/ID` of a parked message, `job/ID`, `share/NAME`. */
  readonly subject: string;
  readonly jobId?: string;
  readonly reason?: string;
  readonly before?: Said;
  readonly after?: Said;
  readonly outcome: ActionOutcome;
  /** Why it was refused, or failed. */
  readonly fault?: { readonly code: string; readonly message: string };
  readonly traceparent?: string;
}
