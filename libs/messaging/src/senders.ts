import type { PartyName } from '#contracts';
import type { Delivery } from './message-transport.js';
import type { Naming } from './naming.js';

/**
 * `per-app`: each app has an account of its own (`Naming.accountOf`), and messages are believed from their emitter's
 * account only. `shared`: all apps use one account, and nobody can tell which of them sent what.
 */
export type BrokerAccounts = 'per-app' | 'shared';

/** Header in which an app keeps who sent a message when it publishes it again itself: to a retry tier, to the parking lot, from there. */
export const checkedSenderHeader = 'checked-sender';

/**
 * The account a message came from at first. What the header says counts only in messages that this app published itself,
 * which nobody else can: the broker compares every message's account with its connection's.
 *
 * @param own the account of this app
 */
export function senderOf({ userId, headers }: Pick<Delivery, 'userId' | 'headers'>, own: string): string {
  const kept = headers[checkedSenderHeader];
  return userId === own && typeof kept === 'string' ? kept : userId;
}

/**
 * What is wrong with the sender, for people; undefined when nothing is. Workers have accounts of their own even where the
 * apps share one: what comes from such an account is that worker's word and nobody else's, and a worker's word comes from it.
 * Whoever does not say who it is, is believed nowhere: a worker could leave its account out, and apps of every version say it.
 *
 * @param target that a worker's message is about
 */
export function wrongSender(
  naming: Naming,
  accounts: BrokerAccounts,
  emitter: PartyName,
  sender: string,
  target = '',
): string | undefined {
  const expected = naming.accountOfParty(emitter, target);
  if (sender === expected) return undefined;
  const isAnApp = sender !== '' && !naming.isWorkerAccount(sender);
  if (accounts === 'shared' && emitter !== 'worker' && isAnApp) return undefined;
  const found = sender === '' ? 'a sender that did not say who it is' : `the account ${sender}`;
  return `Expected it from ${expected}, found ${found}.`;
}
