import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../domain/access.js';

export interface RequestWithCaller extends FastifyRequest {
  caller?: Caller;
}

/** The caller whose token came with the request, or undefined: a token that does not verify makes an anonymous caller. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller | undefined =>
    context.switchToHttp().getRequest<RequestWithCaller>().caller,
);
