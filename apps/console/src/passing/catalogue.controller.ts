import { All, Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catalogueCalls, ruleFor } from '../calls/call-table.js';
import { askedPath, encodedPath } from '../calls/paths.js';
import { passOn } from '../calls/passed-answer.js';
import { closedBy } from '../edge/closed-by.js';
import { noSuchCall } from '../edge/console-error.js';
import { CataloguePassing } from './catalogue-passing.js';
import { SessionOf, SignedInHere } from '../session/session.guard.js';
import type { CurrentSession } from '../session/session.js';

const prefix = '/console/api/catalogue/';
/** Of the browser's headers, those that belong to the call itself. */
const passedHeaders = ['if-match', 'idempotency-key'] as const;

/** Calls of catalog-api, made as the person who is signed in. */
@SignedInHere()
@Controller('console/api/catalogue')
export class CatalogueController {
  constructor(private readonly passing: CataloguePassing) {}

  @All('*')
  async pass(
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = askedPath(request.url, prefix);
    const { method, body, headers, ip } = request;
    if (asked === undefined || ruleFor(catalogueCalls, method, asked.segments) === undefined)
      throw noSuchCall(
        `${method} ${asked === undefined ? 'an address that is none' : encodedPath(asked.segments)}`,
      );
    const own = passedHeaders.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const call = {
      method,
      path: `/api/v4/${encodedPath(asked.segments)}${asked.query}`,
      headers: Object.fromEntries(own) as Record<string, string>,
      ...(typeof body === 'object' && body !== null ? { body } : {}),
    };
    const answer = await this.passing.ask(session, ip, call, closedBy(reply));
    await passOn(reply, {
      ...{ app: 'catalog-api', status: answer.status, text: answer.text },
      etag: answer.headers.get('etag') ?? undefined,
      retryAfter: answer.headers.get('retry-after') ?? undefined,
    });
  }
}
