import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

/** SciCat answers "nothing found" with an empty body and no content type, never with the text `null`. */
@Injectable()
export class EmptyResultInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((result: unknown) => {
        if (result !== null && result !== undefined) return result;
        if (!reply.sent) reply.removeHeader('content-type');
        return undefined;
      }),
    );
  }
}
