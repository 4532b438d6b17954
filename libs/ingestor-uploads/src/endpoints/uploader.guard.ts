import {
  applyDecorators,
  createParamDecorator,
  HttpException,
  Injectable,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Ruled } from '#service-host';
import type { Grant } from '../persistence/records.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { Grants } from '../tokens/grants.js';

interface Request {
  readonly headers: Readonly<Record<string, unknown>>;
  uploadGrant?: Grant;
}

interface Reply {
  header(name: string, value: string): unknown;
}

/** What an access token means whose time is over, while its grant lives. */
type Late = 'taken' | 'refused' | 'failure';
const lateKey = 'ingestor:late';

/** Admits whoever has an access token of an upload grant. */
@Injectable()
class UploaderGuard implements CanActivate {
  static readonly asks = 'uploader';

  constructor(
    private readonly tokens: AccessTokens,
    private readonly grants: Grants,
    private readonly reflector: Reflector,
  ) {}

  /** @throws HttpException 401, or 500 where clients crash at a 401 */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const token = bearerOf(request.headers);
    const said = token === undefined ? undefined : this.tokens.read(token);
    const grant = said === undefined ? undefined : await this.grants.living(said.grant);
    if (said === undefined || grant === undefined)
      throw unauthorized(
        http.getResponse<Reply>(),
        token === undefined
          ? 'Not authenticated'
          : 'Failed to verify JWT: it is none of this service, or its grant is over: ask for a token again',
      );
    const late = this.reflector.get<Late | undefined>(lateKey, context.getHandler()) ?? 'refused';
    if (said.isExpired && late === 'failure')
      throw new HttpException(
        {
          message: 'Token has expired',
          details: 'The access token has expired: renew it with the refresh token, then call again.',
        },
        500,
      );
    if (said.isExpired && late === 'refused')
      throw unauthorized(http.getResponse<Reply>(), 'Token has expired');
    request.uploadGrant = grant;
    return true;
  }
}

export function unauthorized(reply: Reply, detail: string): HttpException {
  reply.header('www-authenticate', 'Bearer');
  return new HttpException({ detail }, 401);
}

export function bearerOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
}

/** The endpoints of uploads: those who have a grant. */
export const WithGrant = (): ClassDecorator & MethodDecorator =>
  applyDecorators(Ruled({ kind: UploaderGuard.asks }), UseGuards(UploaderGuard));

/**
 * A client takes its token when it begins a file, and a long one outlasts it.
 * `taken`: the call ends what was begun in time. `failure`: clients crash at a 401. Else a late token is refused.
 */
export const LateTokens = (late: Late): MethodDecorator => SetMetadata(lateKey, late);

/** The grant of the caller. */
export const CallersGrant = createParamDecorator((_: unknown, context: ExecutionContext): Grant => {
  const { uploadGrant } = context.switchToHttp().getRequest<Request>();
  if (uploadGrant === undefined) throw new HttpException({ detail: 'Not authenticated' }, 401);
  return uploadGrant;
});
