import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { newTraceparent } from '#messaging';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { AuthenticationService } from './authentication.service.js';

/** Finds out who calls. Refuses nobody: what an anonymous caller may do is decided by the operation. */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(private readonly authentication: AuthenticationService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    const token = tokenOf(request);
    if (token !== undefined) request.caller = await this.authentication.callerOf(token);
    request.headers['traceparent'] ??= newTraceparent();
    return true;
  }
}

/** `Authorization: Bearer …`, or the query parameter `access_token` with or without the word (older clients). */
function tokenOf(request: RequestWithCaller): string | undefined {
  const query = (request.query as { access_token?: unknown }).access_token;
  const text = request.headers.authorization ?? (typeof query === 'string' ? query : undefined);
  return text?.replace(/^Bearer\s+/i, '');
}
