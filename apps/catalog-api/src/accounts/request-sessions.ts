import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/errors.js';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { tokenOf } from '../http/request-parts.js';
import type { Session } from '../persistence/records.js';
import { TokenService } from './token.service.js';

/** The session behind a request: for what outlives the request, such as event streams. */
@Injectable()
export class RequestSessions {
  constructor(private readonly tokens: TokenService) {}

  /** @throws Refusal 401 without one */
  of(request: RequestWithCaller): Session {
    const token = tokenOf(request);
    const session = token === undefined ? undefined : this.tokens.sessionOf(token);
    if (session === undefined) throw new Refusal(401, 'Unauthenticated');
    return session;
  }
}
