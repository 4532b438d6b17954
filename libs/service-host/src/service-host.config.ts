import type { AppName } from '#contracts';
import {
  attempted,
  duration,
  durationFrom,
  integer,
  isOn,
  listFrom,
  present,
  refuse,
  required,
  type Environment,
} from '#kernel';
import { defaultRetryDelays, type BrokerAccounts, type CatalogueApp } from '#messaging';
import type { OutboxPlace } from '#outbox';
import { observationFrom } from './observation.config.js';
import type { ServiceHostOptions } from './service-host.options.js';

/** What an app says of itself. */
export interface AppTraits {
  /** Which app of the catalogue's side it is; absent: of none. People know the app by this name. */
  readonly catalogueSide?: CatalogueApp;
}

/**
 * Reads what every app needs from its environment. See docs/configuration.md.
 *
 * @param app the part that it plays in the conversation
 */
export function serviceHostOptionsFrom(
  environment: Environment,
  app: AppName,
  outboxes: readonly OutboxPlace[],
  { catalogueSide }: AppTraits = {},
): ServiceHostOptions {
  return {
    app,
    name: catalogueSide ?? app,
    catalogueSide,
    outboxes,
    mongodbUri: required(environment, 'MONGODB_URI', 'mongodb://127.0.0.1:27017/catena'),
    rabbitmqUrl: rabbitmqUrlFrom(environment),
    brokerAccounts: brokerAccountsFrom(environment, environment['BROKER_ACCOUNTS'] ?? 'shared'),
    prefix: environment['CATENA_PREFIX'] ?? 'catena',
    retryDelays: attempted(
      environment,
      () => environment['CATENA_RETRY_TIERS']?.split(',').map(durationFrom) ?? defaultRetryDelays,
      defaultRetryDelays,
      'CATENA_RETRY_TIERS',
    ),
    messageLimit: integer(environment, 'CATENA_MESSAGE_LIMIT', 262_144),
    acceptTimeout: duration(environment, 'CATENA_ACCEPT_TIMEOUT', '5m'),
    outboxLease: duration(environment, 'CATENA_OUTBOX_LEASE', '30s'),
    logLevel: environment['LOG_LEVEL'] ?? 'info',
    shutdownPatience: duration(environment, 'SHUTDOWN_PATIENCE', '8s'),
    shutdownDeadline: duration(environment, 'SHUTDOWN_DEADLINE', '25s'),
    livenessLimit: duration(environment, 'LIVENESS_LIMIT', '5m'),
    brokerAnswerLimit: duration(environment, 'BROKER_ANSWER_LIMIT', '30s'),
    reconcileMinAge: duration(environment, 'RECONCILE_MIN_AGE', '7d'),
    auditRetention: duration(environment, 'AUDIT_RETENTION', '400d'),
    parkingLotEditors: isOn(environment['PARKING_LOT_EDITING'])
      ? listFrom(environment['PARKING_LOT_EDITORS'] ?? 'admin')
      : undefined,
    operationsToken: environment['OPERATIONS_TOKEN'],
    installation: present(environment['CATENA_INSTALLATION']),
    observation: observationFrom(environment),
  };
}

function brokerAccountsFrom(environment: Environment, text: string): BrokerAccounts {
  if (text === 'per-app' || text === 'shared') return text;
  refuse(environment, `Expected BROKER_ACCOUNTS to be per-app or shared, found ${JSON.stringify(text)}.`);
  return 'shared';
}

/** SciCat's four variables, or one URL. */
function rabbitmqUrlFrom(environment: Environment): string {
  const { RABBITMQ_URL: url, RABBITMQ_HOSTNAME: host } = environment;
  if (url !== undefined && url !== '') return url;
  if (host === undefined || host === '')
    return required(environment, 'RABBITMQ_URL', 'amqp://user:password@127.0.0.1:5672');
  const user = encodeURIComponent(environment['RABBITMQ_USERNAME'] ?? 'guest');
  const password = encodeURIComponent(environment['RABBITMQ_PASSWORD'] ?? 'guest');
  return `amqp://${user}:${password}@${host}:${environment['RABBITMQ_PORT'] ?? '5672'}`;
}
