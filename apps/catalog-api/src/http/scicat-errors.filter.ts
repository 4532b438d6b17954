import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CatenaError, messageOf } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { isDatabaseAway, isRefusedQuery } from '#persistence';
import { Refusal } from '../domain/errors.js';

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
  503: 'Service Unavailable',
};

/** The one table from errors to SciCat's statuses and bodies. */
@Catch()
export class ScicatErrorsFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') throw error;
    const { status, body } = this.answerTo(error);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return undefined;
    return reply.status(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
  }

  private answerTo(error: unknown): { status: number; body: unknown } {
    if (error instanceof Refusal)
      return { status: error.status, body: error.body ?? standard(error.status, error.message) };
    if (error instanceof HttpException) return { status: error.getStatus(), body: error.getResponse() };
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
    if (error instanceof CatenaError) return { status: 400, body: standard(400, error.message) };
    if (isRefusedQuery(error)) {
      this.logger.warn({ error: messageOf(error) }, 'the database refused a query');
      return { status: 400, body: standard(400, `The query cannot be answered: ${messageOf(error)}`) };
    }
    this.logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'unexpected error');
    return { status: 500, body: 'Internal server error' };
  }
}

function standard(status: number, message: string): object {
  return { message, error: reasons[status] ?? 'Error', statusCode: status };
}
