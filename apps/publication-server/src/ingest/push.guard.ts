import {
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '#kernel';
import { judgePushToken, sha256Of } from '#publication-feed';
import { notePush } from '../counters/server-counters.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

/** Lets in requests that were signed with the shared secret for exactly this method, path and body, a moment ago. */
@Injectable()
export class PushGuard implements CanActivate {
  static readonly asks = 'pushed';

  constructor(
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
    private readonly clock: Clock,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const target = { method: request.method, path: request.url, bodySha256: sha256Of(body) };
    const verdict = judgePushToken(
      this.config.private.secret,
      scheme?.toLowerCase() === 'bearer' ? token : undefined,
      target,
      this.clock.now(),
    );
    if (verdict === 'missing')
      throw new UnauthorizedException('Expected a token signed with PUSH_SECRET, found none.');
    if (verdict === 'expired')
      throw new UnauthorizedException(
        'The token has expired: sign each request anew, and compare the clocks of both machines.',
      );
    if (verdict === 'wrong')
      throw new ForbiddenException(
        'The token was not signed for this request with this PUSH_SECRET: both sides need the same one.',
      );
    if (request.method !== 'GET') notePush(this.clock.now().getTime());
    return true;
  }
}
