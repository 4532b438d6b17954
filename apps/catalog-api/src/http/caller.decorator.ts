import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';

export interface RequestWithCaller extends FastifyRequest {
  caller?: Caller;
}

/** The caller whose token came with the request, or undefined: a token that does not verify makes an anonymous caller. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller | undefined =>
    context.switchToHttp().getRequest<RequestWithCaller>().caller,
);

/** As `CurrentCaller`, where the endpoint's rule lets nobody in without a token. @throws Refusal 401 should it do so */
export const SignedInCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (caller === undefined) throw new Refusal(401, 'Unauthenticated');
  return caller;
});
