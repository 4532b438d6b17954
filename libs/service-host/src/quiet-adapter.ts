import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { withoutQuery } from '#kernel';

/** What an app answers HTTP with: errors that name the address of a request leave out its query, which may hold a token. */
export class QuietAdapter extends FastifyAdapter {
  constructor(options: FastifyServerOptions = {}) {
    super({ ...options, frameworkErrors: refuseAddress });
  }

  /** Nest asks for it where it says what it cannot find. */
  override getRequestUrl(request: never): string {
    return withoutQuery(super.getRequestUrl(request));
  }
}

/** Fastify's own answer to an address that it cannot read, without the query. */
function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { code, statusCode = 400, message } = error;
  const url = request.raw.url ?? '';
  void reply
    .code(statusCode)
    .send({ error: 'Bad Request', code, message: message.replaceAll(url, withoutQuery(url)), statusCode });
}
