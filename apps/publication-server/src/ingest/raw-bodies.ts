import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Bodies arrive as the bytes that were signed; who reads them parses them. */
export function keepRawBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
