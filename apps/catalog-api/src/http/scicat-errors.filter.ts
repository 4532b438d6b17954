import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CatenaError, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDatabaseAway, isRefusedLanguage, isRefusedQuery, isTooSlow } from '#persistence';
import { RequestLimitExceeded } from '#service-host';
import { Refusal } from '../domain/errors.js';
import type { RequestWithCaller } from './caller.decorator.js';
import { RefusalLog } from './refusal-log.js';

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** The one table from errors to SciCat's statuses and bodies. */
@Catch()
export class ScicatErrorsFilter implements ExceptionFilter {
  constructor(
    private readonly refusals: RefusalLog,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') throw error;
    const { status, body } = this.answerTo(error);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // Who only sends too much asked for nothing that is forbidden, and would fill the log.
    const isHasty = error instanceof RequestLimitExceeded;
    if (status === 401 || status === 403 || (status === 429 && !isHasty))
      this.refusals.refused(host.switchToHttp().getRequest<RequestWithCaller>(), status);
    if (reply.sent) return undefined;
    if (error instanceof Refusal && error.retryAfter !== undefined)
      void reply.header('retry-after', String(error.retryAfter));
    return reply.status(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
  }

  private answerTo(error: unknown): { status: number; body: unknown } {
    if (error instanceof Refusal)
      return { status: error.status, body: error.body ?? standard(error.status, error.message) };
    if (error instanceof HttpException) {
      const body = error.getResponse();
      return {
        status: error.getStatus(),
        body: typeof body === 'string' ? standard(error.getStatus(), body) : body,
      };
    }
    const fromFastify = (error as { statusCode?: unknown }).statusCode;
    if (typeof fromFastify === 'number' && fromFastify >= 400 && fromFastify < 500)
      return { status: fromFastify, body: standard(fromFastify, messageOf(error)) };
    if (isDatabaseAway(error) || (error instanceof CatenaError && error.retriable)) {
      this.logger.warn({ error: messageOf(error) }, 'a service is out of reach');
      return {
        status: 503,
        body: standard(503, 'A service that Catena needs is out of reach. Nothing was changed; try again.'),
      };
    }
    if (isTooSlow(error)) return { status: 503, body: standard(503, tooSlow) };
    if (isRefusedLanguage(error)) return { status: 400, body: standard(400, refusedLanguage) };
    if (isRefusedQuery(error))
      return { status: 400, body: standard(400, `The database cannot run this query: ${messageOf(error)}`) };
    if (error instanceof CatenaError) return { status: 400, body: standard(400, error.message) };
    if (isObjectAsText(error)) return { status: 400, body: standard(400, objectAsText) };
    this.logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'unexpected error');
    return { status: 500, body: 'Internal server error' };
  }
}

const objectAsText =
  'Expected text or a number, found an object with a key "toString" or "valueOf" in its place.';

/** The language's own word when an object of a request, whose keys hide its methods, is read as text or as a number. */
function isObjectAsText(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'Cannot convert object to primitive value';
}

const tooSlow =
  'The database took longer than this query was given. Ask for less, by a filter, or try again later.';

const refusedLanguage =
  'The database refuses a field named "language": a text index of the operator takes it for the name of a language. ' +
  'Rename the field, or ask the operator to drop that index (catena-admin check-database names it).';

function standard(status: number, message: string): object {
  return { message, error: reasons[status] ?? 'Error', statusCode: status };
}
