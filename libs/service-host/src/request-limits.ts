import rateLimit from '@fastify/rate-limit';
import { HttpException } from '@nestjs/common';
import { refuse, type Environment } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** Callers whose requests are counted at the same time; those of whom nothing was heard for longest are forgotten. */
const maxCounted = 50_000;
const health = /^(\/api\/v\d+)?\/health(\/(live|ready))?\/?(\?|$)/i;

/** Whose request it is. */
export interface CountedRequest {
  /** The same for all requests of one caller, and nobody else's: never something that a caller may make up. */
  readonly key: string;
  /** Requests within the window; 0 for any number. */
  readonly max: number;
  /** The variable that an operator sets it by. */
  readonly variable: string;
}

/**
 * Milliseconds in which requests count. A shorter window than a second would be none.
 *
 * @param window as `REQUEST_LIMIT_WINDOW` says
 */
export function requestWindow(environment: Environment, window: number): number {
  if (window < 1000)
    refuse(
      environment,
      `Expected REQUEST_LIMIT_WINDOW of at least 1s, found ${window} ms. To count no requests set the limits themselves to 0.`,
    );
  return window;
}

/** More requests than a listener takes of one caller: no sign of anything but haste. */
export class RequestLimitExceeded extends HttpException {}

/**
 * Refuses requests of callers who send too many, with 429 and `Retry-After`, before anything is looked at: addresses that do
 * not exist count, too. Each process counts for itself. Health is answered to everybody at any time.
 *
 * @param window milliseconds
 */
export async function limitRequests(
  app: NestFastifyApplication,
  window: number,
  countedAs: (request: FastifyRequest) => CountedRequest,
): Promise<void> {
  const counted = new WeakMap<FastifyRequest, CountedRequest>();
  const whose = (request: FastifyRequest): CountedRequest => {
    const found = counted.get(request) ?? countedAs(request);
    counted.set(request, found);
    return found;
  };
  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };
  await app.register(rateLimit, {
    global: false,
    timeWindow: window,
    cache: maxCounted,
    max: (request: FastifyRequest) => whose(request).max,
    keyGenerator: (request: FastifyRequest) => whose(request).key,
    allowList: (request: FastifyRequest) => whose(request).max === 0 || health.test(request.url),
    addHeadersOnExceeding: silent,
    addHeaders: { ...silent, 'retry-after': true },
    errorResponseBuilder: (request: FastifyRequest, { max, ttl }: { max: number; ttl: number }) => {
      const { variable } = whose(request);
      const message = `Expected at most ${max} requests of one caller in ${window / 1000} seconds, found more: wait ${Math.ceil(ttl / 1000)} seconds. An operator sets ${variable}.`;
      return new RequestLimitExceeded({ message, error: 'Too Many Requests', statusCode: 429 }, 429);
    },
  });
  // A hook of the whole listener: what the package adds to routes would leave out addresses that are none.
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRequest', server.rateLimit());
  warnOfUnknownProxy(app);
}

/** Once: an operator who forgot TRUSTED_PROXIES has all readers share what one address may ask. */
function warnOfUnknownProxy(app: NestFastifyApplication): void {
  const logger = app.get<Logger>(LOGGER);
  let isTold = false;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request: FastifyRequest, _reply: unknown, done: () => void) => {
      const peer = request.socket.remoteAddress;
      if (!isTold && request.headers['x-forwarded-for'] !== undefined && request.ip === peer) {
        isTold = true;
        logger.warn(
          { peer },
          'a request says that it was forwarded, and TRUSTED_PROXIES does not name who forwarded it: if that is your proxy, name it there, or all who come through it share the limits of one address',
        );
      }
      done();
    });
}
