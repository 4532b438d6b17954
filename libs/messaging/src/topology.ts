import { registry, type AppName } from '#contracts';
import { contextOf, Naming } from './naming.js';
import type { Topology } from './message-transport.js';

/** 10 s, 1 min, 5 min, 30 min, 2 h. */
export const defaultRetryDelays: readonly number[] = [10_000, 60_000, 300_000, 1_800_000, 7_200_000];

/** A consumer that crashes on a message gets it this often before it moves to the parking lot. */
const deliveryLimit = 20;

/**
 * The exchanges, queues and bindings one app needs: its inbox bound with the types it consumes, one retry queue a
 * delay, its dead-letter queue and the queue of receipts for what it emits. Consumers' inboxes are declared by
 * emitters too, so that nothing is unroutable because an app was not started yet.
 *
 * @param delays retry tiers in milliseconds
 */
export function topologyOf(naming: Naming, app: AppName, delays: readonly number[]): Topology {
  const emitted = registry.filter((contract) => contract.emitter === app);
  const apps = new Set<AppName>([app, ...emitted.flatMap((contract) => contract.consumers)]);
  const parts = [...apps].map((name) => inboxTopology(naming, name, delays));
  return {
    exchanges: uniqueByName([
      { name: naming.receipts, kind: 'direct' as const },
      ...emitted.map((contract) => ({ name: naming.exchangeOf(contract.type), kind: 'topic' as const })),
      ...parts.flatMap((part) => part.exchanges),
    ]),
    queues: parts.flatMap((part) => part.queues),
    bindings: parts.flatMap((part) => part.bindings),
  };
}

function inboxTopology(naming: Naming, app: AppName, delays: readonly number[]): Topology {
  const consumed = registry.filter((contract) => contract.consumers.includes(app));
  const inbox = naming.inboxOf(app);
  const dead = naming.deadOf(app);
  return {
    exchanges: [...new Set(consumed.map((contract) => contextOf(contract.type)))].map((context) => ({
      name: naming.exchangeOf(`${context}.`),
      kind: 'topic' as const,
    })),
    queues: [
      { name: dead },
      { name: naming.receiptsOf(app) },
      { name: inbox, deadLetterTo: dead, deliveryLimit },
      ...delays.map((delay) => ({
        name: naming.retryOf(app, delay),
        deadLetterTo: inbox,
        messageTtl: delay,
      })),
    ],
    bindings: [
      { queue: naming.receiptsOf(app), exchange: naming.receipts, key: app },
      ...consumed.map((contract) => ({
        queue: inbox,
        exchange: naming.exchangeOf(contract.type),
        key: contract.type,
      })),
    ],
  };
}

function uniqueByName<Named extends { name: string }>(items: Named[]): Named[] {
  return [...new Map(items.map((item) => [item.name, item])).values()];
}
