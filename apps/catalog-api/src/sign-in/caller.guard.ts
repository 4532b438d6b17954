import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { tokenOf } from '../http/request-parts.js';
import { CallerLookup } from '../accounts/caller-lookup.js';

/** Finds out who calls. Refuses nobody: what an anonymous caller may do is decided by the operation. */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(private readonly callers: CallerLookup) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    const token = tokenOf(request);
    if (token !== undefined) request.caller = await this.callers.callerOf(token);
    return true;
  }
}
