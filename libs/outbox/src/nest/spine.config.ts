import type { AppName } from '#contracts';
import { PermanentError } from '#kernel';
import { defaultRetryDelays } from '#messaging';
import type { OutboxCollection } from '../mongo-outbox-store.js';
import type { SpineOptions } from './spine.options.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what every app needs from its environment. See docs/configuration.md. */
export function spineOptionsFrom(
  environment: Environment,
  app: AppName,
  outboxes: readonly OutboxCollection[],
): SpineOptions {
  return {
    app,
    outboxes,
    mongodbUri: required(environment, 'MONGODB_URI', 'mongodb://127.0.0.1:27017/catena'),
    rabbitmqUrl: rabbitmqUrlFrom(environment),
    prefix: environment['CATENA_PREFIX'] ?? 'catena',
    retryDelays: environment['CATENA_RETRY_TIERS']?.split(',').map(durationFrom) ?? defaultRetryDelays,
    messageLimit: integer(environment, 'CATENA_MESSAGE_LIMIT', 262_144),
    acceptTimeout: durationFrom(environment['CATENA_ACCEPT_TIMEOUT'] ?? '5m'),
    outboxLease: durationFrom(environment['CATENA_OUTBOX_LEASE'] ?? '30s'),
    logLevel: environment['LOG_LEVEL'] ?? 'info',
    operationsToken: environment['OPERATIONS_TOKEN'],
  };
}

/** A variable that has no sensible default. */
export function required(environment: Environment, name: string, example: string): string {
  const value = environment[name];
  if (value === undefined || value === '')
    throw new PermanentError(
      'kernel.configuration',
      `Expected the environment variable ${name}, for example ${name}=${example}. \`npm run stack -- env\` prints the values of the local stack.`,
    );
  return value;
}

/** A whole number, at least `least`. */
export function integer(environment: Environment, name: string, fallback: number, least = 1): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new PermanentError(
      'kernel.configuration',
      `Expected ${name} to be a whole number of at least ${least}, found ${JSON.stringify(text)}.`,
    );
  return value;
}

/** `500ms`, `10s`, `5m`, `2h`, `7d` in milliseconds. */
export function durationFrom(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null)
    throw new PermanentError(
      'kernel.configuration',
      `Expected a duration such as 500ms, 10s, 5m, 2h or 7d, found ${JSON.stringify(text)}.`,
    );
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** Bytes: `500000`, `64MiB`, `500GiB`, `2TiB`. */
export function bytesFrom(text: string): number {
  const match = /^(\d+)(B|KiB|MiB|GiB|TiB)?$/.exec(text.trim());
  if (match === null)
    throw new PermanentError(
      'kernel.configuration',
      `Expected a size such as 500000, 64MiB or 500GiB, found ${JSON.stringify(text)}.`,
    );
  const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
  return Number(match[1]) * units[(match[2] ?? 'B') as keyof typeof units];
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
