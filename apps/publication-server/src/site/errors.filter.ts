import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CatenaError, messageOf, withoutQuery } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDatabaseAway } from '#persistence';
import { errorPage } from './error-page.js';
import { pageFor } from './page.js';
import { sendData, sendPage, wantsPage } from './reply.js';
import { Site } from './site.service.js';

/** Seconds after which a reader may try again when the database is away. */
const patience = '30';

/** Whatever goes wrong on the public listener: a page for people, JSON for programs, never more than they need. */
@Catch()
export class ErrorsFilter implements ExceptionFilter {
  constructor(
    @Inject(Site) private readonly site: Site,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const status = this.statusOf(error);
    if (status >= 500)
      this.logger[status === 503 ? 'warn' : 'error'](
        { error: messageOf(error), path: withoutQuery(request.url) },
        'a request failed',
      );
    if (reply.sent || reply.raw.headersSent) return;
    const saysWhen = status === 503 || status === 429;
    const headers = {
      'cache-control': 'no-store',
      vary: 'Accept, Accept-Language',
      ...(saysWhen && !reply.hasHeader('retry-after') ? { 'retry-after': patience } : {}),
    };
    // Answers made for programs, such as those of the health checks, stay as they are.
    const body = error instanceof HttpException ? error.getResponse() : undefined;
    const own = typeof body === 'object' && !('statusCode' in body);
    if (!own && wantsPage(request))
      return sendPage(reply, errorPage(pageFor(this.site, request), status), { status, headers });
    const [title] = pageFor(this.site, request).texts.errors[status] ?? ['Error'];
    const data = own ? body : { status, error: title };
    sendData(reply, 'application/json; charset=utf-8', `${JSON.stringify(data)}\n`, { status, headers });
  }

  private statusOf(error: unknown): number {
    if (error instanceof HttpException) return error.getStatus();
    const fromFastify = (error as { statusCode?: unknown } | undefined)?.statusCode;
    if (typeof fromFastify === 'number' && fromFastify >= 400 && fromFastify < 500) return fromFastify;
    if (isDatabaseAway(error) || (error instanceof CatenaError && error.retriable)) return 503;
    return 500;
  }
}
