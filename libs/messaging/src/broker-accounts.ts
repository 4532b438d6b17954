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

export interface BrokerAccount {
  readonly app: AppName;
  readonly name: string;
  readonly rights: BrokerRights;
  readonly topics: readonly TopicRights[];
}

/**
 * One account for each app, with what that app needs and nothing else: it makes and reads its own queues, writes to the
 * exchanges of messages it emits (with their routing keys only), to its own exchange and to that of receipts. No account
 * may write to queues by name (the exchange without a name), as this would open every inbox.
 *
 * @param feed exchanges and queues of the legacy feed, which belongs to catalog-api
 */
export function accountsOf(naming: Naming, feed: readonly string[] = []): BrokerAccount[] {
  return appNames.map((app) => accountOf(naming, app, app === 'catalog-api' ? feed : []));
}

function accountOf(naming: Naming, app: AppName, feed: readonly string[]): BrokerAccount {
  const emitted = registry.filter(({ emitter }) => emitter === app).map(({ type }) => type);
  const consumed = registry.filter(({ consumers }) => consumers.includes(app)).map(({ type }) => type);
  const exchanges = (types: readonly string[]): string[] => [
    ...new Set(types.map((type) => naming.exchangeOf(type))),
  ];
  const own = `${literal(naming.ownPrefixOf(app))}.*`;
  const either = (...names: readonly string[]): string => `^(${[own, ...names.map(literal)].join('|')})$`;
  return {
    app,
    name: naming.accountOf(app),
    rights: {
      configure: either(...feed),
      write: either(naming.receipts, ...exchanges(emitted), ...feed),
      read: either(naming.receipts, ...exchanges(consumed), ...feed),
    },
    topics: exchanges([...emitted, ...consumed]).map((exchange) => ({
      exchange,
      write: keysOf(emitted.filter((type) => naming.exchangeOf(type) === exchange)),
      read: keysOf(consumed.filter((type) => naming.exchangeOf(type) === exchange)),
    })),
  };
}

/** Without keys: what matches nothing. RabbitMQ takes an empty expression for "nothing", too, but only in some places. */
function keysOf(types: readonly string[]): string {
  return `^(${types.map(literal).join('|')})$`;
}

function literal(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
