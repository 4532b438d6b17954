import { appNames, registry, type AppName } from '#contracts';
import type { Naming } from './naming.js';

/** What an account may do, as regular expressions over names of queues and exchanges. */
export interface BrokerRights {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** What an account may do at one topic exchange, as regular expressions over routing keys. */
export interface TopicRights {
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

/** An account of whomever. */
export interface AccountRights {
  readonly name: string;
  readonly rights: BrokerRights;
  readonly topics: readonly TopicRights[];
}

export interface BrokerAccount extends AccountRights {
  readonly app: AppName;
}

export interface WorkerAccount extends AccountRights {
  readonly target: string;
}

/** What a target may be called, as an expression. */
const anyTarget = '[a-z0-9-]{1,40}';

/**
 * One account for each app, with what that app needs and nothing else: it makes and reads its own queues, writes to the
 * exchanges of messages it emits (with their routing keys only), to its own exchange and to that of receipts. No account
 * may write to queues by name (the exchange without a name), as this would open every inbox. job-assembler makes the queues
 * of outside workers as well, and writes to each what is for it; catalog-api (or who plays its part) makes and reads the queue
 * that stands for the catalogue's side.
 *
 * @param feed exchanges and queues of the legacy feed, which belongs to catalog-api
 */
export function accountsOf(naming: Naming, feed: readonly string[] = []): BrokerAccount[] {
  return appNames.map((app) => accountOf(naming, app, app === 'catalog-api' ? feed : []));
}

/**
 * One account for each target that others operate: it reads the queue of that target, and says what a worker says. It makes
 * nothing and binds nothing.
 */
export function workerAccountsOf(naming: Naming, targets: readonly string[]): WorkerAccount[] {
  const emitted = registry.filter(({ emitter }) => emitter === 'worker').map(({ type }) => type);
  const exchanges = exchangesOf(naming, emitted);
  return targets.map((target) => ({
    target,
    name: naming.workerAccountOf(target),
    rights: {
      configure: '^$',
      write: `^(${exchanges.map(literal).join('|')})$`,
      read: `^${literal(naming.workerQueueOf(target))}$`,
    },
    topics: exchanges.map((exchange) => ({
      exchange,
      write: keysOf(emitted.filter((type) => naming.exchangeOf(type) === exchange).map(literal)),
      read: '^$',
    })),
  }));
}

/**
 * What a listener hears of: events that change what operators look at. None of them carries a link, by which whoever holds it reads or
 * writes bytes without any other right; commands, and what is for workers, are none of a listener's business.
 */
export const heardTypes = [
  ...(['assembly.job-started.v1', 'assembly.job-progressed.v1', 'assembly.job-finished.v1'] as const),
  ...(['assembly.job-steered.v1', 'assembly.dataset-started.v1', 'assembly.dataset-archived.v1'] as const),
  ...(['assembly.dataset-retrieved.v1', 'assembly.dataset-verified.v1'] as const),
  ...(['assembly.dataset-failed.v1', 'assembly.dataset-cancelled.v1'] as const),
  ...(['assembly.dataset-copies-changed.v1', 'archival.work-progressed.v1'] as const),
  ...(['archival.work-failed.v1', 'archival.work-cancelled.v1', 'archival.datablock-archived.v1'] as const),
  ...([
    'archival.datablock-verified.v1',
    'archival.datablock-repaired.v1',
    'archival.copy-moved.v1',
  ] as const),
  ...(['archival.copy-stored.v1', 'archival.copy-verified.v1', 'archival.copy-removed.v1'] as const),
  ...(['archival.copy-failed.v1', 'archival.copy-progressed.v1'] as const),
  ...(['archival.originals-released.v1', 'archival.dataset-certified.v1'] as const),
  ...(['publication.registration-confirmed.v1', 'publication.registration-progressed.v1'] as const),
  ...(['publication.registration-refused.v1', 'publication.withdrawal-confirmed.v1'] as const),
];

/**
 * The account of the console: it makes queues of its own and hears at them that there are such messages. It writes to no exchange,
 * and binds its queues to nothing else.
 */
export function listenerAccountOf(naming: Naming): AccountRights {
  const own = `${literal(naming.listenersQueueOf(''))}.*`;
  const exchanges = exchangesOf(naming, heardTypes);
  return {
    name: naming.listenerAccount,
    rights: {
      configure: `^${own}$`,
      // Binding a queue counts as writing to it.
      write: `^${own}$`,
      read: `^(${[own, ...exchanges.map(literal)].join('|')})$`,
    },
    topics: exchanges.map((exchange) => ({
      ...{ exchange, write: '^$' },
      read: keysOf(heardTypes.filter((type) => naming.exchangeOf(type) === exchange).map(literal)),
    })),
  };
}

/** Messages that wait in a queue of a listener: older ones are dropped, as each says the same. */
export const maxHeard = 1000;

function accountOf(naming: Naming, app: AppName, feed: readonly string[]): BrokerAccount {
  const emitted = registry.filter(({ emitter }) => emitter === app).map(({ type }) => type);
  const consumed = registry.filter(({ consumers }) => consumers.includes(app)).map(({ type }) => type);
  // Who speaks to workers makes their queues, and binds them.
  const toWorkers = registry.filter(
    ({ emitter, consumers }) => emitter === app && consumers.includes('worker'),
  );
  const isForWorker = (type: string): boolean => toWorkers.some((contract) => contract.type === type);
  const exchanges = (types: readonly string[]): string[] => exchangesOf(naming, types);
  const own = `${literal(naming.ownPrefixOf(app))}.*`;
  const workers = toWorkers.length === 0 ? [] : [`${literal(naming.workerQueueOf(''))}${anyTarget}`];
  const side = app === 'catalog-api' ? [naming.catalogueSide] : [];
  const either = (...names: readonly string[]): string => `^(${[own, ...names].join('|')})$`;
  const keyOf = (type: string): string =>
    isForWorker(type) ? `${literal(type)}\\.${anyTarget}` : literal(type);
  const keysAt = (exchange: string, types: readonly string[]): string =>
    keysOf(types.filter((type) => naming.exchangeOf(type) === exchange).map(keyOf));
  const boundHere = [...consumed, ...toWorkers.map(({ type }) => type)];
  return {
    app,
    name: naming.accountOf(app),
    rights: {
      configure: either(...workers, ...[...side, ...feed].map(literal)),
      write: either(...workers, ...[naming.receipts, ...exchanges(emitted), ...feed].map(literal)),
      read: either(...[...side, naming.receipts, ...exchanges(boundHere), ...feed].map(literal)),
    },
    topics: exchanges([...emitted, ...consumed]).map((exchange) => ({
      exchange,
      write: keysAt(exchange, emitted),
      read: keysAt(exchange, boundHere),
    })),
  };
}

/** Without keys: what matches nothing. RabbitMQ takes an empty expression for "nothing", too, but only in some places. */
function keysOf(expressions: readonly string[]): string {
  return `^(${expressions.join('|')})$`;
}

function exchangesOf(naming: Naming, types: readonly string[]): string[] {
  return [...new Set(types.map((type) => naming.exchangeOf(type)))];
}

function literal(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
