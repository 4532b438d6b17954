import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Ruled } from '#service-host';
import type { CurrentSession } from './session.js';
import { Sessions } from './sessions.service.js';

interface RequestOfSession extends FastifyRequest {
  consoleSession?: CurrentSession;
}

/** Lets signed-in people in, and says who it is. */
@Injectable()
class SessionGuard implements CanActivate {
  static readonly asks = 'session';

  constructor(private readonly sessions: Sessions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RequestOfSession>();
    request.consoleSession = await this.sessions.of(request.headers.cookie);
    return true;
  }
}

/** Admits whoever has a session of the console; what it may do is decided call by call. */
export const SignedInHere = () => applyDecorators(Ruled({ kind: 'session' }), UseGuards(SessionGuard));

/** The session that the guard has found. */
export const SessionOf = createParamDecorator((_: unknown, context: ExecutionContext): CurrentSession => {
  const { consoleSession } = context.switchToHttp().getRequest<RequestOfSession>();
  if (consoleSession === undefined)
    throw new TypeError('An endpoint asks for a session without @SignedInHere().');
  return consoleSession;
});
