import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleFault } from '#console-api';
import { codeOf, messageOf, withoutQuery } from '#kernel';
import { currentTraceparent } from '#messaging';
import { LOGGER, type Logger } from '#observability';
import { ConfigToken, isSecure, type ConsoleConfig } from '../console.config.js';
import { isOfBrowserThatLeft } from './closed-by.js';
import { clearedSession } from './cookies.js';
import { ConsoleError } from './console-error.js';

/** Whatever goes wrong: one form of answer for the browser, never more than it needs. */
@Catch()
export class FaultsFilter implements ExceptionFilter {
  constructor(
    @Inject(ConfigToken) private readonly config: ConsoleConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // No fault of ours or of the apps, and nobody is there to be answered.
    if (isOfBrowserThatLeft(error)) return;
    const traceId = currentTraceparent()?.split('-')[1];
    const { status, body } = answerFor(error, traceId);
    if (status >= 500)
      this.logger[error instanceof ConsoleError ? 'warn' : 'error'](
        {
          code: codeOf(error, 'console.unexpected-error'),
          error: causeOf(error),
          path: withoutQuery(request.url),
        },
        'a request failed',
      );
    if (reply.sent || reply.raw.headersSent) return;
    if (error instanceof ConsoleError) {
      if (error.retryAfter !== undefined) void reply.header('retry-after', error.retryAfter);
    }
    if (clears(request, error)) void reply.header('set-cookie', clearedSession(isSecure(this.config)));
    void reply.code(status).header('cache-control', 'no-store').send(body);
  }
}

/**
 * Whether the browser is to forget its cookie. The answer of any other call may come late, and would take away the cookie of a
 * sign-in meanwhile; a request of a foreign page takes away nothing.
 */
function clears({ method, url }: FastifyRequest, error: unknown): boolean {
  if (withoutQuery(url) !== '/console/api/session') return false;
  if (method === 'DELETE') return codeOf(error, '') !== 'console.foreign-request';
  return method === 'GET' && error instanceof ConsoleError && error.endsSession;
}

function answerFor(error: unknown, traceId: string | undefined): { status: number; body: object } {
  if (error instanceof ConsoleError) return { status: error.status, body: error.fault(traceId) };
  if (error instanceof HttpException) {
    const given = error.getResponse();
    // Answers made for monitors stay as they are.
    if (typeof given === 'object' && !('statusCode' in given))
      return { status: error.getStatus(), body: given };
    return refused(error.getStatus(), error.message, traceId);
  }
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return refused(statusCode, messageOf(error), traceId);
  const fault: ConsoleFault = {
    code: 'console.unexpected-error',
    message: 'Something nobody foresaw went wrong in the console: an operator finds it in its log.',
    ...(traceId === undefined ? {} : { traceId }),
  };
  return { status: 500, body: fault };
}

/** A request that the web server itself refuses: too large, no JSON, no such address, too many. */
function refused(
  status: number,
  message: string,
  traceId: string | undefined,
): { status: number; body: object } {
  const fault: ConsoleFault = {
    code: status === 429 ? 'console.too-many-requests' : 'console.bad-request',
    message,
    ...(traceId === undefined ? {} : { traceId }),
  };
  return { status, body: fault };
}

function causeOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
