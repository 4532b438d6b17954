import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf, withoutQuery } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { noteBroken } from '../counters/server-counters.js';
import { isDatabaseAway } from '#persistence';
import { pageFor } from '../site/page.js';
import { sendPage } from '../site/reply.js';
import { Site } from '../site/site.service.js';
import { SourceError } from './copy-source.js';
import { safety, type Headers } from './file-headers.js';
import { Refusal, refusalBody, refusalPage } from './refusal.js';

/** Tells readers why there is no download, in the form they like: a page for browsers, else data or a line of text. */
@Injectable()
export class RefusalAnswers {
  constructor(
    @Inject(Site) private readonly site: Site,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (reply.raw.destroyed || reply.sent) return;
    const refusal = this.refusalOf(error, request);
    const { status, details } = refusal;
    const headers = {
      'cache-control': 'no-store',
      vary: 'Accept, Accept-Language',
      ...texts(details.headers),
    };
    const { accept } = request.headers;
    // Programs that take anything get a line of text, not a page.
    if (accept !== undefined && /\btext\/html\b/i.test(accept))
      return sendPage(reply, refusalPage(pageFor(this.site, request), refusal), { status, headers });
    const { type, text } = refusalBody(refusal, accept);
    void reply
      .code(status)
      .headers({ ...safety, ...headers, 'content-type': type })
      .send(text);
  }

  /** It is too late for an answer: the connection was cut. */
  noteBroken(error: unknown, request: FastifyRequest): void {
    noteBroken({
      code: error instanceof SourceError ? 'source' : isDatabaseAway(error) ? 'database' : 'failed',
    });
    this.logger.error({ url: withoutQuery(request.url), error: messageOf(error) }, 'a download broke off');
  }

  private refusalOf(error: unknown, request: FastifyRequest): Refusal {
    if (error instanceof Refusal) return error;
    const headers = { 'retry-after': 60 };
    if (isDatabaseAway(error)) return new Refusal(503, 'databaseAway', { headers });
    this.logger.error(
      { url: withoutQuery(request.url), error: messageOf(error) },
      'could not serve a download',
    );
    return error instanceof SourceError
      ? new Refusal(503, 'copiesAway', { headers })
      : new Refusal(500, 'failed');
  }
}

function texts(headers: Headers = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
