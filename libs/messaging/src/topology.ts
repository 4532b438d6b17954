import { appNames, appsAmong, registry, type AppName } from '#contracts';
import type { Naming } from './naming.js';
import type { Topology } from './message-transport.js';
import type { BrokerAccounts } from './senders.js';

/** 10 s, 1 min, 5 min, 30 min, 2 h. */
export const defaultRetryDelays: readonly number[] = [10_000, 60_000, 300_000, 1_800_000, 7_200_000];

/** A consumer that crashes on a message gets it this often before it moves to the parking lot. */
const deliveryLimit = 20;

/** Milliseconds that a command waits for a worker that is away: job-assembler has sent it again by then, with fresh links. */
const workerCommandTtl = 24 * 3_600_000;

/** Types of the commands that workers hear. */
const workerCommands = registry
  .filter(({ consumers }) => consumers.includes('worker'))
  .map(({ type }) => type);

/**
 * The exchanges, queues and bindings one app needs: its inbox bound with the types it consumes, one retry queue a
 * delay, its dead-letter queue and the queue of receipts for what it emits. Whatever leads back into its own queues goes
 * through an exchange of its own, so that no app needs the right to write to queues by name.
 *
 * @param delays retry tiers in milliseconds
 */
export function topologyOf(naming: Naming, app: AppName, delays: readonly number[]): Topology {
  const emitted = registry.filter((contract) => contract.emitter === app);
  const consumed = registry.filter((contract) => contract.consumers.includes(app));
  const contexts = new Set([...emitted, ...consumed].map(({ type }) => naming.exchangeOf(type)));
  const [inbox, dead, own] = [naming.inboxOf(app), naming.deadOf(app), naming.ownOf(app)];
  const retries = delays.map((delay) => ({
    name: naming.retryOf(app, delay),
    deadLetterTo: inbox,
    deadLetterExchange: own,
    replacesDirect: true,
    messageTtl: delay,
  }));
  return {
    exchanges: [
      { name: naming.receipts, kind: 'direct', shared: true },
      ...[...contexts].map((name) => ({ name, kind: 'topic' as const, shared: true })),
      { name: own, kind: 'direct' },
    ],
    queues: [
      { name: dead },
      { name: naming.receiptsOf(app) },
      { name: inbox, deadLetterTo: dead, deadLetterExchange: own, replacesDirect: true, deliveryLimit },
      ...retries,
    ],
    bindings: [
      { queue: naming.receiptsOf(app), exchange: naming.receipts, key: app },
      ...[inbox, dead, ...retries.map(({ name }) => name)].map((queue) => ({
        queue,
        exchange: own,
        key: queue,
      })),
      ...consumed.map(({ type }) => ({ queue: inbox, exchange: naming.exchangeOf(type), key: type })),
    ],
  };
}

/** The queues of the workers of such targets, each with the commands that are for it. job-assembler makes them. */
export function workerTopologyOf(naming: Naming, targets: readonly string[]): Topology {
  const exchanges =
    targets.length === 0 ? [] : [...new Set(workerCommands.map((type) => naming.exchangeOf(type)))];
  return {
    exchanges: exchanges.map((name) => ({ name, kind: 'topic' as const, shared: true })),
    queues: targets.map((target) => ({ name: naming.workerQueueOf(target), messageTtl: workerCommandTtl })),
    bindings: targets.flatMap((target) =>
      workerCommands.map((type) => ({
        queue: naming.workerQueueOf(target),
        exchange: naming.exchangeOf(type),
        key: naming.workerKeyOf(type, target),
      })),
    ),
  };
}

/**
 * The same with the inboxes of those who consume what the app emits, so that nothing is unroutable because an app was not
 * started yet. For installations whose apps share one account, which may declare everything; where each app has its own,
 * the definitions of the broker say it all beforehand.
 */
function topologyWithNeighbours(naming: Naming, app: AppName, delays: readonly number[]): Topology {
  const emitted = registry.filter((contract) => contract.emitter === app);
  const apps = new Set<AppName>([app, ...emitted.flatMap((contract) => appsAmong(contract.consumers))]);
  return union([...apps].map((name) => topologyOf(naming, name, delays)));
}

/** What an app declares when it starts. @param targets with workers whose queues it makes */
export function declaredTopology(
  naming: Naming,
  app: AppName,
  delays: readonly number[],
  accounts: BrokerAccounts,
  targets: readonly string[] = [],
): Topology {
  const own =
    accounts === 'per-app' ? topologyOf(naming, app, delays) : topologyWithNeighbours(naming, app, delays);
  return union([own, workerTopologyOf(naming, targets)]);
}

/** Everything that an installation has at its broker. @param targets that others operate */
export function wholeTopology(
  naming: Naming,
  delays: readonly number[],
  targets: readonly string[] = [],
): Topology {
  return union([
    ...appNames.map((name) => topologyOf(naming, name, delays)),
    workerTopologyOf(naming, targets),
  ]);
}

function union(parts: readonly Topology[]): Topology {
  return {
    exchanges: uniqueByName(parts.flatMap(({ exchanges }) => exchanges)),
    queues: parts.flatMap(({ queues }) => queues),
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}

function uniqueByName<Named extends { name: string }>(items: Named[]): Named[] {
  return [...new Map(items.map((item) => [item.name, item])).values()];
}
