import { codeOf, isAway, isRetriable, messageOf } from '#kernel';

/**
 * What became of a delivery. Handlers return one and never touch the channel.
 *
 * - `done`: handled, or nothing left to do.
 * - `retry`: a transient fault; delivered again after the next retry tier, at last dead. While a service is `away` that
 *   everything here needs, it costs no attempt.
 * - `dead`: a permanent fault; goes to the parking lot.
 * - `parked`: the message is fine but from the future; goes to the parking lot, to be released after an upgrade.
 */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string; readonly away?: boolean }
  | { readonly kind: 'dead'; readonly code: string; readonly reason: string }
  | { readonly kind: 'parked'; readonly code: string; readonly reason: string };

export const done: Outcome = { kind: 'done' };

/** The outcome that an error stands for. */
export function outcomeOf(error: unknown): Exclude<Outcome, { kind: 'done' }> {
  const code = codeOf(error, 'messaging.unexpected-error');
  const reason = messageOf(error);
  return isRetriable(error)
    ? { kind: 'retry', code, reason, away: isAway(error) }
    : { kind: 'dead', code, reason };
}
