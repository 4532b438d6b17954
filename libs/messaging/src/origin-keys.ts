import type { AppName } from '#contracts';
import type { Delivery } from './message-transport.js';
import type { Naming } from './naming.js';
import { textFrom } from './wire-properties.js';

/** Header in which an app keeps the routing key of a message that it publishes again itself. */
export const originKeyHeader = 'origin-key';

type Keyed = Pick<Delivery, 'routingKey' | 'headers'>;

/**
 * The routing key that a message came with at first: rights at the broker hold for it. What the header says counts only
 * in messages on the app's own way to its inbox, which nobody else may take.
 *
 * @returns the inbox for what was put there by hand, or came back from the broker itself: of that nothing is known
 */
export function originKeyOf(naming: Naming, app: AppName, { routingKey, headers }: Keyed): string {
  return routingKey === naming.inboxOf(app) ? textFrom(headers[originKeyHeader]) || routingKey : routingKey;
}

/** What is wrong with the type that a body claims, for people; undefined when nothing is. */
export function wrongKey(naming: Naming, app: AppName, delivery: Keyed, type: string): string | undefined {
  const key = originKeyOf(naming, app, delivery);
  if (key === type || key === naming.inboxOf(app)) return undefined;
  return `Expected a body of the type that the routing key says, ${key}, found one of ${type}: whoever sent it may send the one, and perhaps not the other.`;
}
