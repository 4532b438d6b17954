import { pino, type Logger as PinoLogger } from 'pino';

/** A structured logger: one JSON object a line on standard output, secrets removed. */
export type Logger = PinoLogger;

/** The name under which Nest hands an app's logger to classes that ask for it with `@Inject(LOGGER)`. */
export const LOGGER = Symbol('Logger');

const secrets = [
  'password',
  'secret',
  'secretKey',
  'token',
  'access_token',
  'authorization',
  'headers.authorization',
];

/**
 * @param level pino level name; `silent` turns logging off
 * @param facts what every line says of the request or message in whose course it is written; a line's own fields win
 */
export function createLogger(app: string, level: string, facts?: () => object): Logger {
  return pino({
    name: app,
    level,
    redact: { paths: [...secrets, ...secrets.map((path) => `*.${path}`)], censor: '[hidden]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    ...(facts === undefined
      ? {}
      : { mixin: facts, mixinMergeStrategy: (own: object, common: object) => ({ ...common, ...own }) }),
  });
}
