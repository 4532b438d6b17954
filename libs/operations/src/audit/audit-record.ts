import type { Action, ActionOutcome, AuditEntry, Said, Way } from '#console-api';

/** An audit entry as it is kept in `catena_audit`. */
export interface AuditRecord {
  readonly _id: string;
  readonly at: Date;
  readonly by: string;
  readonly via: Way;
  readonly from?: string;
  readonly action: Action;
  readonly subject: string;
  readonly jobId?: string;
  readonly reason?: string;
  readonly before?: Said;
  readonly after?: Said;
  readonly outcome: ActionOutcome;
  readonly fault?: { readonly code: string; readonly message: string };
  readonly traceparent?: string;
  /** By which another wish under the same key is told from the same one sent again. */
  readonly wish: string;
  /** Which of several same calls began it. */
  readonly call?: string;
  /** When the entry goes. */
  readonly expiresAt: Date;
}

/** What is asked for in `GET operations/audit`. */
export interface AuditQuery {
  readonly by?: string;
  readonly subject?: string;
  readonly action?: Action;
  readonly jobId?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly after?: string;
  readonly limit: number;
}

export function entryOf({
  _id,
  at,
  wish: _wish,
  call: _call,
  expiresAt: _end,
  ...record
}: AuditRecord): AuditEntry {
  return { id: _id, at: at.toISOString(), ...record };
}
