import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { watchRequests } from '#service-host';
import { answerUnreadBodies } from './unread-bodies.js';

/** Answers of these paths hold tokens: no cache keeps them. */
const secretPaths = /^\/api\/v\d+\/(auth|users)\b/i;

/** What every answer of the server gets, to every caller. */
export function guardEdge(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('x-frame-options', 'SAMEORIGIN');
    // Addresses may hold tickets and, of older clients, tokens.
    reply.header('referrer-policy', 'no-referrer');
    if (secretPaths.test(request.url) && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'no-store');
    done();
  });
  answerUnreadBodies(server);
  server.addHook('preValidation', (request, _reply, done) => {
    spreadObjects(request.query as Record<string, unknown>);
    done();
  });
  watchRequests(app);
  app.enableCors({
    origin: '*',
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Accept',
      'Filter',
      'If-Match',
      'If-None-Match',
      'If-Unmodified-Since',
      'Idempotency-Key',
      'Traceparent',
    ],
    exposedHeaders: ['ETag', 'Content-Disposition', 'Retry-After'],
    maxAge: 600,
  });
}

const inFilters = /^filters\[(fields|facets|filter|limits)\]$/;

/**
 * The published SDK sends some parameters as parts of an object (`filters[fields]`), which SciCat never reads: a filter
 * that is not read is a wrong answer. What stands beside the object wins.
 */
function spreadObjects(query: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(query)) {
    const name = inFilters.exec(key)?.[1];
    if (name !== undefined) query[name] ??= value;
  }
}
