import { pino, type Logger as PinoLogger } from 'pino';

/** A structured logger: one JSON object a line on standard output, secrets removed. */
export type Logger = PinoLogger;

const secrets = [
  'password',
  'secret',
  'secretKey',
  'token',
  'access_token',
  'authorization',
  'headers.authorization',
];

/** @param level pino level name; `silent` turns logging off. */
export function createLogger(app: string, level: string): Logger {
  return pino({
    name: app,
    level,
    redact: { paths: [...secrets, ...secrets.map((path) => `*.${path}`)], censor: '[hidden]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
