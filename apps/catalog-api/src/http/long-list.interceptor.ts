import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { LongList } from './long-list.js';

/** Sends long lists as streams; the first of all interceptors, so that the others still see rows. */
@Injectable()
export class LongListInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (result: unknown) => {
        if (!(result instanceof LongList)) return result;
        const stream = await result.toStream();
        void reply.type('application/json; charset=utf-8');
        return stream;
      }),
    );
  }
}
