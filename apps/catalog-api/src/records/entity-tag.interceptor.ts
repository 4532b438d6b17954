import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';
import { entityTag } from './preconditions.js';

/**
 * Gives single records the entity tag that `If-Match` is compared with. Answers to requests with a query may show more
 * or less than the record, so theirs is made of the body, by the server.
 */
@Injectable()
export class EntityTagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const { url } = http.getRequest<FastifyRequest>();
    if (url.includes('?')) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((result: unknown) => {
        const tag = isRecord(result) ? entityTag(result) : undefined;
        if (tag !== undefined && !reply.sent) void reply.header('etag', tag);
      }),
    );
  }
}

function isRecord(result: unknown): result is { updatedAt: Date } {
  return (
    typeof result === 'object' &&
    result !== null &&
    (result as { updatedAt?: unknown }).updatedAt instanceof Date
  );
}
