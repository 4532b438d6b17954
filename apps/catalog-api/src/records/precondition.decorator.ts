import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Precondition } from './preconditions.js';

/** `If-Unmodified-Since` and `If-Match` of the request. */
export const RequestPrecondition = createParamDecorator(
  (_: unknown, context: ExecutionContext): Precondition => {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    return { unmodifiedSince: headers['if-unmodified-since'], match: headers['if-match'] };
  },
);
