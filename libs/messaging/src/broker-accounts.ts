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
 * of outside workers as well, and writes to each what is for it.
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
      configure: either(...workers, ...feed.map(literal)),
      write: either(...workers, ...[naming.receipts, ...exchanges(emitted), ...feed].map(literal)),
      read: either(...[naming.receipts, ...exchanges(boundHere), ...feed].map(literal)),
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
