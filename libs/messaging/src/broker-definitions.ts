import { createHash, randomBytes } from 'node:crypto';
import type { AppName } from '#contracts';
import {
  accountsOf,
  listenerAccountOf,
  maxHeard,
  workerAccountsOf,
  type AccountRights,
} from './broker-accounts.js';
import type { Topology } from './message-transport.js';
import type { Naming } from './naming.js';
import { argumentsOf } from './rabbitmq/declare-topology.js';
import { wholeTopology, workerTopologyOf } from './topology.js';

export interface DefinitionOptions {
  readonly naming: Naming;
  /** Milliseconds of the retry tiers, as the apps have them. */
  readonly retryDelays: readonly number[];
  readonly passwords: Readonly<Record<AppName, string>>;
  /** Passwords of workers by the name of their target: of all targets that others operate. */
  readonly workers?: Readonly<Record<string, string>>;
  /** Of the console's account, where it is to hear of what happens; absent: it gets none. */
  readonly listener?: string | undefined;
  /** Names of exchanges and queues of the legacy feed. */
  readonly feed?: readonly string[];
  readonly virtualHost?: string;
}

/**
 * What a broker has to know before the apps come with accounts of their own: accounts, rights, and everything the apps
 * declare, in RabbitMQ's format of definitions (`POST /api/definitions`, or `definitions.local.path` at its start).
 */
export function brokerDefinitionsOf(options: DefinitionOptions): object {
  const { naming, retryDelays, passwords, workers = {}, listener, feed = [] } = options;
  const { virtualHost: vhost = '/' } = options;
  const targets = Object.keys(workers);
  const accounts = [
    ...accountsOf(naming, feed).map((account) => ({ ...account, password: passwords[account.app] })),
    ...workerAccountsOf(naming, targets).map((account) => ({
      ...account,
      password: workers[account.target]!,
    })),
    ...(listener === undefined ? [] : [{ ...listenerAccountOf(naming), password: listener }]),
  ];
  const definitions = definitionsOf(accounts, wholeTopology(naming, retryDelays, targets), vhost);
  return listener === undefined
    ? definitions
    : { ...definitions, policies: [listenerPolicyOf(naming, vhost)] };
}

/** Whatever a listener declares: no queue of its account fills the broker, and none outlives it for long. */
function listenerPolicyOf(naming: Naming, vhost: string): object {
  const name = naming.listenersQueueOf('');
  return {
    ...{ vhost, name: `${name}limits`, pattern: `^${name.replaceAll('.', '\\.')}`, 'apply-to': 'queues' },
    ...{ priority: 10, definition: { 'max-length': maxHeard, overflow: 'drop-head', expires: 60_000 } },
  };
}

/** The part of it that the workers of such targets need: for whoever plays job-assembler towards them. */
export function workerDefinitionsOf({
  naming,
  workers,
  virtualHost = '/',
}: Required<Pick<DefinitionOptions, 'naming' | 'workers'>> & Pick<DefinitionOptions, 'virtualHost'>): object {
  const targets = Object.keys(workers);
  const accounts = workerAccountsOf(naming, targets).map((account) => ({
    ...account,
    password: workers[account.target]!,
  }));
  return definitionsOf(accounts, workerTopologyOf(naming, targets), virtualHost);
}

function definitionsOf(
  accounts: readonly (AccountRights & { readonly password: string })[],
  { exchanges, queues, bindings }: Topology,
  vhost: string,
): object {
  return {
    users: accounts.map(({ name, password }) => ({
      name,
      password_hash: hashOf(password),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: [],
    })),
    permissions: accounts.map(({ name, rights }) => ({ user: name, vhost, ...rights })),
    topic_permissions: accounts.flatMap(({ name, topics }) =>
      topics.map((rights) => ({ user: name, vhost, ...rights })),
    ),
    exchanges: exchanges.map(({ name, kind }) => ({
      ...{ name, vhost, type: kind, durable: true, auto_delete: false, internal: false, arguments: {} },
    })),
    queues: queues.map((queue) => ({
      ...{ name: queue.name, vhost, durable: true, auto_delete: false },
      ...argumentsOf(queue),
    })),
    bindings: bindings.map(({ exchange: source, queue: destination, key: routing_key }) => ({
      ...{ source, vhost, destination, destination_type: 'queue', routing_key, arguments: {} },
    })),
  };
}

/** The variable with the password of an app's account, for whoever makes the definitions. */
export function passwordVariableOf(app: AppName): string {
  return `BROKER_PASSWORD_${app.replaceAll('-', '_').toUpperCase()}`;
}

/** The same for the console, which may go without. */
export const listenerPasswordVariable = 'BROKER_PASSWORD_CONSOLE';

/** The same for the worker of a target. */
export function workerPasswordVariableOf(target: string): string {
  return `BROKER_PASSWORD_WORKER_${target.replaceAll('-', '_').toUpperCase()}`;
}

/** RabbitMQ's: four bytes of salt, then the SHA-256 of salt and password. */
function hashOf(password: string): string {
  const salt = randomBytes(4);
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest();
  return Buffer.concat([salt, digest]).toString('base64');
}
